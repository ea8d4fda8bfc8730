"""Finding files: what a user is told when one is missing, wrong or unknown."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from longshelf.components import build, known, show
from longshelf.datasets import ClothingReviews, Fashion, ItemDemand, OpenBandit, Pricerunner
from longshelf.datasets.base import DataFile, DataSource, data_folder
from longshelf.datasets.checksum import sha256
from longshelf.errors import InputError, Unavailable
from longshelf.tables import Card

RIGHT = b"a,b\n1,2\n"


@dataclass(frozen=True, kw_only=True)
class Toy(DataSource):
    files: ClassVar[tuple[DataFile, ...]] = (
        DataFile(name="strict.csv", sha256=hashlib.sha256(RIGHT).hexdigest()),
        DataFile(name="loose.csv", sha256=hashlib.sha256(RIGHT).hexdigest(), strict=False),
        DataFile(name="unknown.csv"),
    )
    card: ClassVar[Card] = Card(title="toy", licence="none", address="https://example.org/toy")


def put(folder: Path, name: str, content: bytes = RIGHT) -> Path:
    place = folder / "toy"
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(content)
    return folder


def test_missing_file_names_address_hash_folder_and_both_cures(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        Toy().find(tmp_path)
    message = str(caught.value)
    for part in (
        "https://example.org/toy",
        hashlib.sha256(RIGHT).hexdigest(),
        str(tmp_path / "toy"),
        "longshelf fetch toy",
        "LONGSHELF_DATA",
    ):
        assert part in message


def test_wrong_hash_is_refused_where_strict_and_flagged_where_not(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="damaged or another version"):
        Toy().find(put(tmp_path, "strict.csv", b"other"))
    (tmp_path / "toy" / "strict.csv").unlink()
    found = Toy().find(put(tmp_path, "loose.csv", b"other"))
    assert not found.verified
    assert "loose.csv" in found.findings[0]
    assert Toy().find(put(tmp_path, "loose.csv")).verified


def test_a_file_of_unknown_hash_must_have_the_right_count(tmp_path: Path) -> None:
    found = Toy().find(put(tmp_path, "unknown.csv"))
    found.counted(10, 10)
    with pytest.raises(Unavailable, match="9 rows, the published file has 10"):
        found.counted(9, 10)


def test_folder_is_argument_then_environment_then_user_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGSHELF_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    assert data_folder(tmp_path / "x") == tmp_path / "x"
    monkeypatch.delenv("LONGSHELF_DATA")
    assert "longshelf" in str(data_folder())


def test_hash_is_remembered_until_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a"
    one, three = b"one" * 2**20, b"three" * 2**20
    file.write_bytes(one)
    assert sha256(file) == hashlib.sha256(one).hexdigest()
    memory = Path(os.environ["LONGSHELF_CACHE"]) / "sha256.json"
    entry = json.loads(memory.read_text())[str(file.resolve())]
    memory.write_text(json.dumps({str(file.resolve()): [*entry[:2], "remembered"]}))
    assert sha256(file) == "remembered"
    file.write_bytes(three)
    assert sha256(file) == hashlib.sha256(three).hexdigest()


def test_every_source_has_a_card_with_its_hashes() -> None:
    for name, cls in known("dataset").items():
        card = cls.card  # type: ignore[attr-defined]
        assert card.title, name
        assert card.licence, name
        for file in cls.files:  # type: ignore[attr-defined]
            assert card.files[file.name] == file.sha256
            assert len(file.sha256) in (0, 64)
        if cls.files:  # type: ignore[attr-defined]
            assert card.address.startswith("https://")


@pytest.mark.parametrize(
    "source",
    [
        Fashion(label=("season", "usage")),
        ClothingReviews(label="class"),
        OpenBandit(policy="random", campaign="men"),
        ItemDemand(series="car_parts", lags=4),
        Pricerunner(label="cluster"),
    ],
)
def test_names_parse_back(source: DataSource) -> None:
    assert build("dataset", show(source)) == source


def test_labels_from_yaml_lists_equal_tuples() -> None:
    listed = build("dataset", {"Fashion": {"label": ["season", "usage"]}})
    assert listed == Fashion(label=("season", "usage"))
    assert hash(listed) == hash(Fashion(label=("season", "usage")))


@pytest.mark.parametrize(
    ("name", "arguments", "hint"),
    [
        ("Fashion", {"label": "articletype"}, "did you mean 'articleType'"),
        ("ClothingReviews", {"label": "ratings"}, "did you mean 'rating'"),
        ("OpenBandit", {"policy": "btts"}, "did you mean 'bts'"),
        ("ItemDemand", {"lags": 0}, "between 1 and 50"),
        ("Fashion", {"label": ()}, "once"),
        ("Fashion", {"label": ("usage", "usage")}, "once"),
    ],
)
def test_wrong_arguments_are_input_errors(
    name: str, arguments: dict[str, object], hint: str
) -> None:
    with pytest.raises(InputError, match=hint):
        build("dataset", {name: arguments})
