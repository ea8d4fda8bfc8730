"""A recommender's folder: what goes in comes out, and nothing broken is ever read."""

import hashlib
import hmac
import json

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp

from longshelf.artifact import load, pseudonym, pseudonyms, read_key, save_recommender
from longshelf.artifact.compression import Compression
from longshelf.errors import InputError

KEY = b"a key of the test, 32 bytes long"


def parts(n=40, m=12, d=6, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "name": "shop/rank/by_time/ids/matrix_factorisation/none/seed0",
        "card": {"name": "shop", "limits": ["simulated"], "metrics": [{"slice": "tail", "v": 0.1}]},
        "catalogue": pl.DataFrame(
            {
                "item": [f"i{j}" for j in range(n)],
                "title": [f"Thing {j}" for j in range(n)],
                "category": ["", "mugs"] * (n // 2),
                "price": [None, *rng.random(n - 1).tolist()],
                "count": rng.integers(0, 50, n),
                "slice": rng.choice(["head", "torso", "tail"], n).tolist(),
            }
        ),
        "items": rng.normal(size=(n, d)),
        "users": pseudonyms(range(m), KEY),
        "vectors": rng.normal(size=(m, d)),
        "seen": sp.random(m, n, 0.2, format="csr", random_state=0),
        "text": rng.normal(size=(n, 5)),
        "encoder": "minilm",
    }


@pytest.fixture
def saved(tmp_path):
    return save_recommender(tmp_path / "shop", **parts())


def test_what_goes_in_comes_out(saved):
    given, read = parts(), load(saved)
    for name in ("items", "vectors", "text"):
        assert np.array_equal(getattr(read, name), given[name].astype(np.float32))
        assert getattr(read, name).dtype == np.float32
    assert read.users == given["users"]
    assert read.encoder == "minilm"
    assert read.catalogue.equals(given["catalogue"])
    assert np.array_equal(read.seen.toarray(), (given["seen"].toarray() != 0).astype(np.float32))
    assert read.card == given["card"] | {"size": read.card["size"]}
    assert read.card["size"]["bytes"] == sum(
        path.stat().st_size for path in (saved / "model").iterdir()
    )
    assert read.manifest["kind"] == "recommend"
    assert "| tail | 0.1 |" in (saved / "card.md").read_text()


def test_eight_bits_a_number_and_the_bias_whole(tmp_path):
    given = parts(n=400, m=100, d=33) | {"biased": True}
    given["vectors"][:, -1] = 1
    given["items"][:, -1] *= 100
    whole = load(save_recommender(tmp_path / "whole", **given))
    small = load(save_recommender(tmp_path / "small", **given, compression=Compression(int8=True)))
    saved = whole.card["size"]["bytes"] - small.card["size"]["bytes"]
    assert saved == pytest.approx(500 * (3 * 32 - 4), rel=0.05)
    assert np.array_equal(small.items[:, -1], whole.items[:, -1])
    assert np.array_equal(small.vectors[:, -1], whole.vectors[:, -1])
    step = np.abs(whole.items[:, :-1]).max(axis=1) / 127
    moved = np.abs(small.items - whole.items).max(axis=1)
    assert (moved <= step / 2 * 1.001).all()
    assert moved.max() > 0


def test_pseudonyms_are_keyed_hashes():
    wanted = hmac.new(KEY, b"ann", hashlib.sha256).hexdigest()[:32]
    assert pseudonym("ann", KEY) == wanted != pseudonym("ann", KEY + b"!")


def test_a_key_comes_from_the_environment_or_a_file_and_is_long(monkeypatch, tmp_path):
    monkeypatch.delenv("LONGSHELF_KEY", raising=False)
    with pytest.raises(InputError, match="set LONGSHELF_KEY or give --key-file"):
        read_key()
    monkeypatch.setenv("LONGSHELF_KEY", "short")
    with pytest.raises(InputError, match="5 bytes; at least 16"):
        read_key()
    (tmp_path / "key").write_bytes(KEY + b"\n")
    assert read_key(tmp_path / "key") == KEY
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_key(tmp_path / "none")


def test_a_new_user_lies_along_the_mean_of_what_they_touched(saved):
    read = load(saved)
    vector = read.folded([3, 5])
    mean = read.items[[3, 5]].mean(axis=0)
    cosine = vector @ mean / np.linalg.norm(vector) / np.linalg.norm(mean)
    assert cosine == pytest.approx(1)
    usual = np.linalg.norm(read.vectors, axis=1).mean()
    assert np.linalg.norm(vector) == pytest.approx(usual, rel=1e-5)
    assert read.folded([]) is None


def test_a_bias_stands_aside_of_folding(tmp_path):
    given = parts() | {"biased": True}
    given["vectors"][:, -1] = 1
    read = load(save_recommender(tmp_path / "shop", **given))
    plain = load(save_recommender(tmp_path / "plain", **parts()))
    vector = read.folded([3, 5])
    assert vector[-1] == 1
    assert vector[:-1] / np.linalg.norm(vector[:-1]) == pytest.approx(
        plain.items[[3, 5], :-1].mean(axis=0)
        / np.linalg.norm(plain.items[[3, 5], :-1].mean(axis=0))
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"users": ["ann"] * 12}, "users go by pseudonyms"),
        ({"users": [pseudonym(1, KEY)] * 12}, "two users have the same"),
        ({"vectors": np.ones((11, 6))}, r"vectors have the shape \(11, 6\)"),
        ({"items": np.full((40, 6), np.nan)}, "items hold a number that is not finite"),
        ({"encoder": None}, "go together"),
        ({"catalogue": pl.DataFrame({"item": ["a"]})}, "lacks title, category"),
        ({"card": {"value": float("nan")}}, "JSON cannot say"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(tmp_path, changed, said):
    with pytest.raises(InputError, match=said):
        save_recommender(tmp_path / "shop", **(parts() | changed))
    assert list(tmp_path.iterdir()) == []


def test_an_artifact_is_replaced_only_when_asked(saved):
    with pytest.raises(InputError, match="holds an artifact already"):
        save_recommender(saved, **parts())
    again = save_recommender(saved, **(parts() | {"name": "second"}), replace=True)
    assert load(again).manifest["name"] == "second"
    assert [path.name for path in saved.parent.iterdir()] == ["shop"]


def test_what_is_no_artifact_is_never_replaced(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "diary.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something already"):
        save_recommender(tmp_path / "shop", **parts(), replace=True)
    assert (tmp_path / "shop" / "diary.txt").read_text() == "mine"


def test_every_changed_shortened_or_missing_file_is_named(saved):
    names = list(json.loads((saved / "manifest.json").read_text())["files"])
    assert len(names) == 6
    for name in names:
        whole = (saved / name).read_bytes()
        (saved / name).write_bytes(whole[:-1])
        with pytest.raises(InputError, match=rf"{name} of artifact .* bytes"):
            load(saved)
        (saved / name).write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
        with pytest.raises(InputError, match=rf"{name} of artifact .* was changed"):
            load(saved)
        (saved / name).unlink()
        with pytest.raises(InputError, match=f"lacks {name}"):
            load(saved)
        (saved / name).write_bytes(whole)
    assert load(saved).users


def edit(folder, **changed):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def test_a_hostile_or_foreign_manifest_is_refused(saved, tmp_path):
    files = json.loads((saved / "manifest.json").read_text())["files"]
    (tmp_path / "secret").write_text("secret")
    for name in ("../secret", "/etc/hostname", "model/../../secret", "a\\b", ".hidden", ""):
        edit(saved, files={**files, name: {"sha256": "", "bytes": 6}})
        with pytest.raises(InputError, match="a file outside"):
            load(saved)
    (saved / "link").symlink_to(tmp_path / "secret")
    edit(saved, files={**files, "link": {"sha256": "", "bytes": 6}})
    with pytest.raises(InputError, match="a link out of it"):
        load(saved)
    for changed, said in (
        ({"format": 2}, "format 2"), ({"kind": "pickle"}, "kind 'pickle'"),
        ({"files": []}, "list its files"), ({"files": {"card.md": 3}}, "no hash and size"),
        ({"files": {}}, "has no model/recommender.json"),
    ):  # fmt: skip
        edit(saved, **({"format": 1, "kind": "recommend", "files": files} | changed))
        with pytest.raises(InputError, match=said):
            load(saved)
    (saved / "manifest.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="not readable JSON"):
        load(saved)
    (saved / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match="lacks format, kind"):
        load(saved)
    with pytest.raises(InputError, match="is no artifact"):
        load(tmp_path)
