"""The user's own table: roles given, described and guessed; formats and frames that agree."""

from __future__ import annotations

import gzip
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from longshelf.datasets.own import read_own
from longshelf.errors import InputError
from longshelf.tables import Dataset

SHEET = """<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>"""


@pytest.fixture
def shop() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    n = 200
    kind = rng.integers(0, 4, n)
    return pl.DataFrame(
        {
            "row_id": [f"r{k}" for k in range(n)],
            "title": [f"nice {['red', 'blue', 'grey'][k % 3]} shoe number {k}" for k in range(n)],
            "category": np.array(["boots", "sandals", "socks", "hats"])[kind],
            "department": np.array(["shoes", "shoes", "wear", "wear"])[kind],
            "gender": np.where(rng.random(n) < 0.3, "women", "men"),
            "brand": np.array(["A", "B", "C"])[rng.integers(0, 3, n)],
            "price": rng.random(n).round(3),
            "seller id": rng.integers(0, 9, n),
            "date": [f"2024-01-{1 + k % 28:02d}" for k in range(n)],
        }
    )


def test_guessed_roles_are_right_and_said(shop: pl.DataFrame) -> None:
    data = read_own(shop)
    schema = data.schema
    assert schema.label == ("category",)
    assert schema.text == ("title",)
    assert schema.categorical == ("brand",)
    assert schema.numeric == ("price",)
    assert schema.group == ("gender",)
    assert (schema.id, schema.time, schema.user) == ("row_id", "date", None)
    assert data.rows["date"].dtype == pl.Datetime("us")
    said = " ".join(data.findings)
    for word in (
        "label: category",
        "text: title",
        "department (follows from category)",
        "seller id",
    ):
        assert word in said


def test_what_is_given_is_not_guessed(shop: pl.DataFrame) -> None:
    data = read_own(shop, label="gender", text="title", group=("department",))
    assert data.schema.label == ("gender",)
    assert data.schema.inputs == ("title",)
    assert data.schema.group == ("department",)


def test_a_label_among_the_inputs_is_refused(shop: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="named as label and as input"):
        read_own(shop, label="category", categorical=("category", "brand"))


@pytest.mark.parametrize(
    ("spoiled", "told"),
    [
        ({3: -1.0, 7: None}, r"in 2 rows \(rows 4, 8; the first is -1.0\); .* numeric"),
        ({0: float("nan")}, r"in 1 row \(row 1; the first is None\)"),
        ({9: float("inf")}, r"row 10; the first is inf"),
        (dict.fromkeys(range(200), 0.0), "are 0 in every row"),
    ],
)
def test_weights_that_weigh_nothing_are_refused(
    shop: pl.DataFrame, spoiled: dict[int, float | None], told: str
) -> None:
    weights: list[float | None] = [1.0] * 200
    for row, value in spoiled.items():
        weights[row] = value
    frame = shop.with_columns(sample_weight=pl.Series(weights))
    with pytest.raises(InputError, match=told):
        read_own(frame)
    assert read_own(frame, numeric="sample_weight", text="title").schema.weight is None


def test_the_weight_of_a_product_is_no_weight_of_its_row(shop: pl.DataFrame) -> None:
    heavy = shop.with_columns(weight=pl.int_range(200).cast(pl.Float64))
    assert read_own(heavy).schema.weight is None
    assert read_own(heavy, weight="weight").schema.weight == "weight"


@pytest.mark.parametrize("role", ["label", "text", "group", "time", "user"])
def test_unknown_columns_are_corrected(shop: pl.DataFrame, role: str) -> None:
    given: dict[str, Any] = {role: "categorie"}
    with pytest.raises(InputError, match="did you mean 'category'"):
        read_own(shop, **given)


def test_description_fills_roles_and_card_and_flags_win(shop: pl.DataFrame, tmp_path: Path) -> None:
    told = tmp_path / "shop.yaml"
    told.write_text("label: [category, gender]\ntext: title\nlicence: CC0\nname: shop\n")
    data = read_own(shop, description=told)
    assert (data.name, data.card.licence, data.schema.label) == (
        "shop",
        "CC0",
        ("category", "gender"),
    )
    assert read_own(shop, description=told, label="gender").schema.label == ("gender",)
    told.write_text("lable: category\n")
    with pytest.raises(InputError, match="did you mean 'label'"):
        read_own(shop, description=told)
    told.write_text("label: [\n")
    with pytest.raises(InputError, match="no YAML"):
        read_own(shop, description=told)


def workbook(frame: pl.DataFrame, path: Path) -> None:
    lines = [frame.columns, *map(list, frame.rows())]
    cells = [
        "<row>"
        + "".join(
            f"<c><v>{cell}</v></c>"
            if isinstance(cell, float | int)
            else f'<c t="inlineStr"><is><t>{cell}</t></is></c>'
            for cell in line
        )
        + "</row>"
        for line in lines
    ]
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="s" '
        'sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/s.xml"/>'
        "</Relationships>",
        "xl/worksheets/s.xml": SHEET.format("".join(cells)),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)


def same(one: Dataset, other: Dataset) -> None:
    assert one.rows.equals(other.rows)
    assert one.schema == other.schema


def test_every_format_gives_the_same_data(shop: pl.DataFrame, tmp_path: Path) -> None:
    wanted = read_own(shop)
    shop.write_csv(tmp_path / "a.csv")
    shop.write_csv(tmp_path / "a.tsv", separator="\t")
    shop.write_ndjson(tmp_path / "a.jsonl")
    shop.write_json(tmp_path / "a.json")
    shop.write_parquet(tmp_path / "a.parquet")
    workbook(shop, tmp_path / "a.xlsx")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.csv", "inside/a.csv")
    for name in ("csv", "tsv", "jsonl", "json", "parquet", "xlsx", "csv.gz", "zip"):
        data = read_own(tmp_path / f"a.{name}")
        assert data.name == "a", name
        same(data, wanted)


def test_frames_of_other_libraries_give_the_same_data(shop: pl.DataFrame) -> None:
    wanted = read_own(shop)
    columns = {name: shop[name].to_list() for name in shop.columns}
    for frame in (pd.DataFrame(columns), pa.table(columns), shop.lazy()):
        same(read_own(frame), wanted)
    categories = shop.with_columns(pl.col("category").cast(pl.Categorical))
    same(read_own(categories), wanted)


@pytest.mark.parametrize("source", [[1, 2], 3, pl.Series([1]), pd.Series([1])])
def test_what_is_no_table_is_an_input_error(source: Any) -> None:
    with pytest.raises(InputError, match="pandas, Polars or Arrow"):
        read_own(source)


def test_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "goods_2024.csv").write_text("a,b\n")
    with pytest.raises(InputError, match="goods_2024"):
        read_own(tmp_path / "goods.csv")


def test_interactions_need_no_label() -> None:
    frame = pl.DataFrame({"user_id": ["a", "b"], "item_id": ["x", "y"], "timestamp": [1, 2]})
    schema = read_own(frame).schema
    assert (schema.user, schema.item, schema.time, schema.label) == (
        "user_id",
        "item_id",
        "timestamp",
        (),
    )


def test_repeated_ids_lose_their_role_and_codes_keep_their_zeros(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sku_no,code,label\n1,007,a\n1,010,b\n2,012,a\n")
    data = read_own(path, id="sku_no", categorical="code")
    assert data.schema.id is None
    assert any("not used as id" in said for said in data.findings)
    assert data.rows["code"].to_list() == ["007", "010", "012"]


def test_no_label_to_be_found_lists_the_columns() -> None:
    with pytest.raises(InputError, match=r"--label.*Columns: width, depth"):
        read_own(pl.DataFrame({"width": [0.5, 1.5], "depth": [2.5, 3.5]}))


@pytest.mark.parametrize(
    "written",
    ["2024-03-01", "2024-03-01 10:00:00", "2024-03-01T10:00:00Z", "2024/03/01", "01/03/2024 10:00"],
)
def test_times_in_usual_layouts(written: str) -> None:
    data = read_own(pl.DataFrame({"when": [written] * 2, "label": ["a", "b"]}), time="when")
    first = data.rows["when"][0]
    assert (first.year, first.month, first.day) == (2024, 3, 1)


def test_quarter_of_a_million_lines_are_read_in_seconds(tmp_path: Path) -> None:
    n = 250_000
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "title": pl.Series(rng.integers(0, 10**9, n)).cast(pl.String) + ', a "quoted" title',
            "category": rng.integers(0, 50, n),
            "price": rng.random(n),
        }
    )
    frame.write_csv(tmp_path / "big.csv")
    with (tmp_path / "big.csv").open("a") as sink:
        sink.write("broken\n")
    begin = time.perf_counter()
    data = read_own(tmp_path / "big.csv", label="category")
    assert time.perf_counter() - begin < 8
    assert data.rows.height == n
    assert any(f"line {n + 2}" in said for said in data.findings)
