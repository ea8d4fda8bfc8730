"""The Complete Journey from small R files, and what was known before a mailing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest

from longshelf.components import build
from longshelf.datasets import CompleteJourney, complete_journey
from longshelf.datasets.base import DataFile
from longshelf.datasets.reading import r_data
from longshelf.errors import InputError, Unavailable

rdata = pytest.importorskip("rdata")
pd = pytest.importorskip("pandas")

DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class SmallJourney(CompleteJourney):
    files: ClassVar[tuple[DataFile, ...]] = tuple(
        DataFile(name=file.name, part=file.part) for file in CompleteJourney.files
    )


TABLES = {
    "products": {
        "product_id": ["1", "2", "3"],
        "manufacturer_id": ["9", "9", "8"],
        "department": ["GROCERY", "GROCERY", "DELI"],
        "brand": ["National", "Private", "National"],
        "product_category": ["ICE", "BREAD", None],
        "product_type": ["ICE - CUBED", "BREAD:WHITE", None],
        "package_size": ["22 LB", None, None],
    },
    "transactions_sample": {
        "household_id": ["h1", "h1", "h2"],
        "store_id": ["s", "s", "s"],
        "basket_id": ["b2", "b1", "b3"],
        "product_id": ["1", "2", "7"],
        "quantity": [1.0, 2.0, 1.0],
        "sales_value": [3.0, 5.0, 7.0],
        "coupon_disc": [0.0, 0.5, 0.0],
        "coupon_match_disc": [0.0, 0.25, 0.0],
        "transaction_timestamp": [12 * DAY, 9.5 * DAY, 9.0 * DAY],
    },
    "demographics": {
        "household_id": ["h1"],
        **{name: ["x"] for name in complete_journey.DEMOGRAPHICS},
    },
    "campaigns": {"campaign_id": ["20", "10", "10"], "household_id": ["h1", "h1", "h2"]},
    "campaign_descriptions": {
        "campaign_id": ["10", "20"],
        "campaign_type": ["Type A", "Type B"],
        "start_date": [10.0, 12.0],
        "end_date": [14.0, 20.0],
    },
    "coupons": {
        "coupon_upc": ["c1", "c1", "c2"],
        "product_id": ["1", "2", "1"],
        "campaign_id": ["10", "10", "10"],
    },
    "coupon_redemptions": {
        "household_id": ["h1", "h1"],
        "coupon_upc": ["c1", "c2"],
        "campaign_id": ["10", "10"],
        "redemption_date": [11.0, 12.0],
    },
}


@pytest.fixture
def journey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "small_journey"
    folder.mkdir()
    for name, columns in TABLES.items():
        frame = pd.DataFrame(
            {
                name: pd.array(values, dtype="string[python]")
                if isinstance(values[0], str)
                else values
                for name, values in columns.items()
            }
        )
        rdata.write_rda(folder / f"{name}.rda", {name: frame})
    monkeypatch.setattr(complete_journey, "ROWS", {"transactions_sample": 3})
    return tmp_path


def test_products_are_classified_by_the_words_of_their_type(journey: Path) -> None:
    data = SmallJourney().load(journey)
    assert data.rows["product_category"].to_list() == ["ICE", "BREAD"]
    assert data.schema.text == ("product_type", "package_size")
    assert data.schema.document == "product_type"
    assert data.targets is not None
    assert data.targets.rows() == [("BREAD", "GROCERY"), ("ICE", "GROCERY")]
    assert "1 product dropped: product_category not stated" in data.findings
    assert SmallJourney(problem="department").load(journey).rows.height == 3
    assert SmallJourney(problem="type").load(journey).schema.text[0] == "product_category"


def test_purchases_carry_demographics_as_groups(journey: Path) -> None:
    data = SmallJourney(problem="purchases").load(journey)
    assert data.rows.select("household", "item", "age").rows() == [
        ("h2", "7", None),
        ("h1", "2", "x"),
        ("h1", "1", "x"),
    ]
    assert data.targets is not None
    assert data.targets.select("item", "text", "category").rows() == [
        ("1", "ICE - CUBED 22 LB", "ICE"),
        ("2", "BREAD:WHITE", "BREAD"),
        ("7", "", None),
    ]
    posed = build("task", "rank").pose(data)
    assert posed.rows.groups["age"].to_list() == ["(missing)", "x", "x"]


def test_a_mailing_knows_only_what_came_before_its_start(journey: Path) -> None:
    rows = SmallJourney(problem="redemption").load(journey).rows
    known = ["household", "campaign", "redeemed", "coupons", "products"]
    assert rows.select(known).rows() == [
        ("h1", "10", "yes", 2, 2),
        ("h2", "10", "no", 2, 2),
        ("h1", "20", "no", 0, 0),
    ]
    history = ["mailings", "redemptions", "lines", "spent", "saved"]
    assert rows.select(history).rows() == [
        (0, 0, 1, 5.0, 0.75),
        (0, 0, 1, 7.0, 0.0),
        (1, 1, 1, 5.0, 0.75),
    ]


def test_r_tables_are_converted_once(journey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = journey / "small_journey" / "coupons.rda"
    first = r_data.read_r(path)
    assert first.equals(pl.DataFrame(TABLES["coupons"]))
    refused: Callable[[Path], pl.DataFrame] = lambda path: pytest.fail("converted again")  # noqa: E731
    monkeypatch.setattr(r_data, "_converted", refused)
    assert r_data.read_r(path).equals(first)


def test_rds_factors_dates_and_gaps(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"kind": pd.Categorical(["b", "b", "a"]), "worth": [1.5, None, 2.0], "n": [1, 2, 3]}
    )
    rdata.write_rds(tmp_path / "one.rds", frame)
    read = r_data.read_r(tmp_path / "one.rds")
    assert read.to_dict(as_series=False) == {
        "kind": ["b", "b", "a"],
        "worth": [1.5, None, 2.0],
        "n": [1, 2, 3],
    }


def test_damaged_r_files_are_input_errors(tmp_path: Path) -> None:
    (tmp_path / "bad.rda").write_bytes(b"RDX3\nX\nrubbish")
    with pytest.raises(InputError, match="is it damaged"):
        r_data.read_r(tmp_path / "bad.rda")


def test_the_missing_reader_is_named(journey: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "rdata", None)
    with pytest.raises(Unavailable, match=r"longshelf\[r\]"):
        SmallJourney().load(journey)
