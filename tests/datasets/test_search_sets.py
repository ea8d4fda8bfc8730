"""WANDS and ESCI, on small files with the columns their publishers document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest

from longshelf.components import build, show
from longshelf.datasets import Esci, Wands
from longshelf.datasets.base import DataFile
from longshelf.errors import InputError, Unavailable


def unhashed(files: tuple[DataFile, ...]) -> tuple[DataFile, ...]:
    return tuple(DataFile(name=file.name, part=file.part) for file in files)


@dataclass(frozen=True, kw_only=True)
class SmallWands(Wands):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(Wands.files)
    expected: ClassVar[Mapping[str, int]] = {"label": 4, "query": 2, "product": 3}


LABELS = "id\tquery_id\tproduct_id\tlabel\n0\t0\t25434\tExact\n1\t0\t12088\tIrrelevant\n2\t0\t42931\tPartial\n3\t1\t12088\tExact\n"
QUERIES = "query_id\tquery\tquery_class\n0\tsalon chair\tMassage Chairs\n1\tsmart coffee table\tCoffee & Cocktail Tables\n"
PRODUCTS = (
    "product_id\tproduct_name\tproduct_class\tcategory hierarchy\tproduct_description\t"
    "product_features\trating_count\taverage_rating\treview_count\n"
    '25434\t"barb 32"" salon chair"\tMassage Chairs|Recliners\tFurniture / Chairs / Massage\tcomfortable\tcolor : red|width : 3\t10.0\t4.5\t8.0\n'
    '12088\tbed 14" wide\t\t\t\t\t\t\t\n'
    "42931\tstool\tStools\tFurniture / Stools\ttwo\tlegs:3\t1.0\t5.0\t0.0\n"
)


def wands(root: Path, **files: str) -> Path:
    content = {"label": LABELS, "query": QUERIES, "product": PRODUCTS, **files}
    folder = root / "small_wands"
    folder.mkdir(exist_ok=True)
    for name, text in content.items():
        (folder / f"{name}.csv").write_text(text)
    return root


def test_wands_reads_judgements_queries_and_products(tmp_path: Path) -> None:
    data = SmallWands().load(wands(tmp_path))
    schema = data.schema
    assert (schema.query, schema.item, schema.grade, schema.label) == (
        "query",
        "item",
        "grade",
        ("label",),
    )
    assert data.schema.text == ("query_text",)
    assert data.rows["query_text"][3] == "smart coffee table"
    assert data.rows.select("query", "item", "grade").rows() == [
        ("0", "25434", 2.0),
        ("0", "12088", 0.0),
        ("0", "42931", 1.0),
        ("1", "12088", 2.0),
    ]
    assert data.sources is not None
    assert data.targets is not None
    assert dict(data.sources.select("query", "text").iter_rows())["0"] == "salon chair"
    assert data.targets["text"].to_list() == ['barb 32" salon chair', 'bed 14" wide', "stool"]
    first, second, _ = data.targets.to_dicts()
    assert (first["above"], first["features"]) == ("Furniture", "color : red; width : 3")
    assert (first["rating_count"], second["rating_count"], second["description"]) == (
        10.0,
        None,
        "",
    )


@pytest.mark.parametrize(
    ("gain", "worth"), [("exact", [1.0, 0.0, 0.0, 1.0]), ("lenient", [1.0, 0.0, 1.0, 1.0])]
)
def test_wands_grades_by_the_named_gain_map(tmp_path: Path, gain: str, worth: list[float]) -> None:
    assert SmallWands(gain=gain).load(wands(tmp_path)).rows["grade"].to_list() == worth


def test_wands_takes_the_documented_column_name_too(tmp_path: Path) -> None:
    documented = PRODUCTS.replace("category hierarchy", "category_hierarchy")
    assert SmallWands().load(wands(tmp_path, product=documented)).rows.height == 4


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"label": LABELS.replace("Partial", "Maybe")}, "'Maybe' have no gain"),
        ({"label": LABELS.replace("product_id", "pid")}, "wanted id, query_id, product_id"),
        ({"query": QUERIES + "2\tlamp\n"}, "1 line cut short, first line 4"),
        ({"query": QUERIES + "2\tlamp\tLamps\n"}, "3 rows, the published file has 2"),
    ],
)
def test_wands_refuses_files_of_another_shape(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    with pytest.raises((InputError, Unavailable), match=said):
        SmallWands().load(wands(tmp_path, **files))


@dataclass(frozen=True, kw_only=True)
class SmallEsci(Esci):
    files: ClassVar[tuple[DataFile, ...]] = unhashed(Esci.files)


@pytest.fixture
def esci(tmp_path: Path) -> Path:
    folder = tmp_path / "small_esci"
    folder.mkdir()
    judged = [
        (0, "revent fan", 7, "B1", "us", "I", 0, 1, "train"),
        (1, "usb cable", 8, "B1", "us", "E", 1, 1, "train"),
        (2, "usb cable", 8, "B2", "us", "S", 1, 1, "train"),
        (3, "pen", 9, "B3", "us", "C", 1, 1, "test"),
        (4, "pluma", 10, "B1", "es", "E", 1, 1, "test"),
    ]
    columns = [
        "example_id", "query", "query_id", "product_id", "product_locale", "esci_label",
        "small_version", "large_version", "split",
    ]  # fmt: skip
    examples = pl.DataFrame(judged, schema=columns, orient="row")
    examples.write_parquet(folder / "shopping_queries_dataset_examples.parquet")
    products = pl.DataFrame(
        {
            "product_id": ["B2", "B1", "B1", "B9"],
            "product_title": ["USB-C cable", "Cable", "Cable es", "never judged"],
            "product_description": [None, "long", "largo", ""],
            "product_bullet_point": ["one", None, None, ""],
            "product_brand": ["A", None, "B", "C"],
            "product_color": [None, "red", None, None],
            "product_locale": ["us", "us", "es", "us"],
        }
    )
    products.write_parquet(folder / "shopping_queries_dataset_products.parquet")
    (folder / "shopping_queries_dataset_sources.csv").write_text(
        "query_id,source\n7,other\n8,negations\n9,other\n10,other\n"
    )
    return tmp_path


def test_esci_reads_one_locale_and_version(esci: Path) -> None:
    data = SmallEsci().load(esci)
    assert data.rows.select("query", "item", "label", "grade", "split", "source").rows() == [
        (8, "B1", "exact", 1.0, "train", "negations"),
        (8, "B2", "substitute", 0.1, "train", "negations"),
        (9, "B3", "complement", 0.01, "test", "other"),
    ]
    assert data.sources is not None
    assert data.targets is not None
    assert data.sources.rows() == [(8, "negations", "usb cable"), (9, "other", "pen")]
    assert data.schema.text == ("query_text",)
    assert data.rows["query_text"].to_list() == ["usb cable", "usb cable", "pen"]
    assert data.targets.columns == ["item", "brand", "colour", "text"]
    assert data.targets.select("item", "text").rows() == [("B1", "Cable"), ("B2", "USB-C cable")]
    assert data.findings == ("1 judged product in no row of the table",)
    assert (data.schema.query, data.schema.grade, data.schema.group) == (
        "query",
        "grade",
        ("source",),
    )


def test_esci_versions_locales_gains_and_descriptions(esci: Path) -> None:
    large = SmallEsci(version="large", gain="graded", descriptions=True).load(esci)
    assert large.rows["grade"].to_list() == [0.0, 3.0, 2.0, 1.0]
    assert large.targets is not None
    assert large.targets["description"].to_list() == ["long", ""]
    spanish = SmallEsci(locale="es").load(esci)
    assert spanish.card.language == "es"
    assert spanish.targets is not None
    assert spanish.targets["text"].to_list() == ["Cable es"]


def test_esci_says_when_the_large_file_is_a_pointer(esci: Path) -> None:
    pointer = esci / "small_esci" / "shopping_queries_dataset_products.parquet"
    pointer.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(Unavailable, match="no Parquet file"):
        SmallEsci().load(esci)


@pytest.mark.parametrize(
    ("name", "arguments", "hint"),
    [
        ("Esci", {"locale": "jpn"}, "did you mean 'jp'"),
        ("Esci", {"gain": "publish"}, "did you mean 'published'"),
        ("Wands", {"gain": "exakt"}, "did you mean 'exact'"),
    ],
)
def test_wrong_arguments_are_input_errors(
    name: str, arguments: dict[str, object], hint: str
) -> None:
    with pytest.raises(InputError, match=hint):
        build("dataset", {name: arguments})


@pytest.mark.parametrize("source", [Esci(locale="jp", version="large"), Wands(gain="lenient")])
def test_names_parse_back(source: Esci | Wands) -> None:
    assert build("dataset", show(source)) == source
