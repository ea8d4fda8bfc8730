"""WANDS: queries and products of a furniture shop, judged Exact, Partial or Irrelevant."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.datasets.gains import graded
from longshelf.datasets.packed import unpacked
from longshelf.datasets.reading.wording import at, many
from longshelf.errors import Unavailable
from longshelf.tables import Card, Dataset, Schema

__all__ = ["Wands"]

MIRROR = "https://raw.githubusercontent.com/wayfair/WANDS/3b74dcf4ba29ab8ff3e6a50b5b09fc627cb882b5/dataset"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "label": ("id", "query_id", "product_id", "label"),
    "query": ("query_id", "query", "query_class"),
    "product": (
        "product_id", "product_name", "product_class", "category hierarchy",
        "product_description", "product_features", "rating_count", "average_rating",
        "review_count",
    ),
}  # fmt: skip
NUMBERS = ("rating_count", "average_rating", "review_count")
FILES = (
    DataFile(name="label.csv", address=f"{MIRROR}/label.csv", part="label"),
    DataFile(
        name="query.csv",
        sha256="63b61660560fecc33ec490804c7e2b81402ee3e7c31a9cbb5e03736639f68e95",
        address=f"{MIRROR}/query.csv",
        part="query",
    ),
    DataFile(name="product.csv", address=f"{MIRROR}/product.csv", part="product"),
)
GAINS: Mapping[str, Mapping[str, float]] = {
    "graded": {"Exact": 2.0, "Partial": 1.0, "Irrelevant": 0.0},
    "exact": {"Exact": 1.0, "Partial": 0.0, "Irrelevant": 0.0},
    "lenient": {"Exact": 1.0, "Partial": 1.0, "Irrelevant": 0.0},
}


@dataclass(frozen=True, kw_only=True)
class Wands(DataSource):
    """Product search with judged relevance: 480 queries, 42,994 products, 233,448 judgements.

    One row per judged pair, with the words of the query, the label and the gain of it as
    ``grade``. ``sources`` are the queries with their text and class, ``targets`` the products: name as ``text``, description,
    features, class as ``category``, ratings. A pair that is no row was not judged.

    Parameters
    ----------
    gain : {"graded", "exact", "lenient"}, default "graded"
        What Exact, Partial and Irrelevant are worth: 2, 1, 0; or 1, 0, 0; or 1, 1, 0.

    Raises
    ------
    InputError
        Unknown gain map, or a label that is none of the three.
    Unavailable
        A file is missing or another one.

    References
    ----------
    .. [1] Chen et al., WANDS: Dataset for Product Search Relevance Assessment, ECIR 2022.

    Examples
    --------
    >>> Wands(gain="exact").name
    "wands(gain='exact')"
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    card: ClassVar[Card] = Card(
        title="WANDS, Wayfair annotation data set",
        licence="MIT",
        citation=(
            "Chen, Liu, Liu, Sun, Baltrunas, Schroeder, WANDS: Dataset for Product Search "
            "Relevance Assessment, ECIR 2022"
        ),
        address="https://github.com/wayfair/WANDS",
        files=hashes(FILES),
        redistribution="allowed",
        notes=(
            "The publisher names no gains. Maps here: graded 2/1/0, exact 1/0/0, lenient 1/1/0 for "
            "Exact/Partial/Irrelevant; name the one used with every nDCG. 63% of the judgements "
            "are Partial. Files are tab-separated; two could not be hashed here and are accepted "
            "by their row counts."
        ),
    )
    expected: ClassVar[Mapping[str, int]] = {"label": 233_448, "query": 480, "product": 42_994}

    gain: str = "graded"

    def __post_init__(self) -> None:
        object.__setattr__(self, "gain", chosen("gain", self.gain, GAINS)[0])

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the judgements, the queries and the products."""
        tables: dict[str, pl.DataFrame] = {}
        findings: list[str] = []
        for part, wanted in self.expected.items():
            found = self.find(folder, part)
            tables[part] = _read(found.path, part)
            found.counted(tables[part].height, wanted)
            findings += found.findings
        words = tables["query"].select("query_id", query_text="query")
        judged = (
            tables["label"]
            .join(words, on="query_id", how="left", maintain_order="left")
            .select("query_text", "label", query="query_id", item="product_id")
        )
        return Dataset(
            name=self.name,
            rows=judged.with_columns(graded(judged["label"], GAINS[self.gain])),
            schema=Schema(
                label=("label",), text=("query_text",), query="query", item="item", grade="grade"
            ),
            card=self.card,
            sources=tables["query"].select(
                pl.col("query_id").alias("query"), text="query", query_class="query_class"
            ),
            targets=_products(tables["product"]),
            findings=tuple(findings),
        )


def _read(path: Path, part: str) -> pl.DataFrame:
    """Tab-separated text; read by the standard library, since names hold inch signs."""
    content = unpacked(path).decode("utf-8")
    head, *lines = csv.reader(io.StringIO(content, newline=""), delimiter="\t")
    names = tuple(name.replace("category_hierarchy", "category hierarchy") for name in head)
    if names != COLUMNS[part]:
        raise Unavailable(
            f"{path} has columns {', '.join(head)}; wanted {', '.join(COLUMNS[part])}"
        )
    ragged = [k for k, line in enumerate(lines, start=2) if len(line) != len(names)]
    if ragged:
        raise Unavailable(f"{path}: {many(len(ragged), 'line')} cut short, first {at(ragged[:1])}")
    frame = pl.DataFrame(lines, schema=dict.fromkeys(names, pl.String), orient="row")
    return frame.with_columns(pl.all().replace("", None))


def _products(told: pl.DataFrame) -> pl.DataFrame:
    return told.select(
        item="product_id",
        text=pl.col("product_name").fill_null(""),
        category="product_class",
        above=pl.col("category hierarchy").str.split(" / ").list.first(),
        description=pl.col("product_description").fill_null(""),
        features=pl.col("product_features").str.replace_all("|", "; ", literal=True).fill_null(""),
        **{name: pl.col(name).cast(pl.Float64) for name in NUMBERS},
    )
