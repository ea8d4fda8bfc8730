"""PriceRunner: 35,311 offer titles in 10 categories and 13,233 products."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, chosen, hashes
from longshelf.datasets.packed import unpacked
from longshelf.errors import Unavailable
from longshelf.tables import Card, Dataset, Schema

__all__ = ["Pricerunner"]

COLUMNS = ("id", "title", "merchant", "cluster", "product", "category_id", "category")
MEMBER = "pricerunner_aggregate.csv"
FILES = (
    DataFile(
        name=f"{MEMBER}.gz",
        sha256="46402d4d8134754cda90be97630a01f79b8e9287677fd36806df9723893216fc",
    ),
    DataFile(
        name=MEMBER,
        sha256="c22207bd8f39f5a5e73ae8da2c3eccf8dbb616994cb46b74d345da8451119cca",
        address="https://raw.githubusercontent.com/KelvinLam05/product_classification/af948551b9d73185a67a25e788c3f6d3479e83f2/pricerunner_aggregate.csv",
        strict=False,
    ),
    DataFile(name="product+classification+and+clustering.zip"),
)


@dataclass(frozen=True, kw_only=True)
class Pricerunner(DataSource):
    """Offer titles of 306 merchants: which category, or which product, is on offer.

    Offers of one product say nearly the same, so for ``category`` the product is the document
    that splits keep on one side.

    Parameters
    ----------
    label : {"category", "cluster"}, default "category"
        10 categories (2.5:1), or 13,233 products (27:1, 5,374 of them with one offer).

    Raises
    ------
    InputError
        Unknown label.
    Unavailable
        The file is missing or another one.

    Examples
    --------
    >>> Pricerunner(label="cluster").name
    "pricerunner(label='cluster')"
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    by_hand: ClassVar[str] = "download the zip of UCI data set 837"
    card: ClassVar[Card] = Card(
        title="Product Classification and Clustering (PriceRunner aggregate)",
        licence="CC BY 4.0",
        citation=(
            "Akritidis, Fevgas, Bozanis, Makris, A self-verifying clustering approach to "
            "unsupervised matching of product titles, Artificial Intelligence Review 53, 2020"
        ),
        address="https://archive.ics.uci.edu/dataset/837",
        files=hashes(FILES),
        redistribution="allowed",
        notes=(
            "The pinned copy has no header row. UCI's own file could not be hashed here: it is "
            "accepted with 35,311 rows."
        ),
    )
    expected: ClassVar[int] = 35_311

    label: str = "category"

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", chosen("label", self.label, ("category", "cluster"))[0])

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the offers, with or without a header row."""
        found = self.find(folder)
        frame = _read(found.path)
        found.counted(frame.height, self.expected)
        names = frame.group_by("cluster").agg(
            text=pl.col("product").first(), parent=pl.col("category").mode().sort().first()
        )
        return Dataset(
            name=self.name,
            rows=frame,
            schema=Schema(
                label=(self.label,),
                text=("title",),
                group=("merchant",),
                id="id",
                document="cluster" if self.label == "category" else None,
            ),
            card=self.card,
            targets=names.rename({"cluster": "name"}).sort("name")
            if self.label == "cluster"
            else None,
            findings=found.findings,
        )


def _read(path: Path) -> pl.DataFrame:
    """Read by the standard library: titles hold inch signs, which strict readers take as quotes."""
    lines = list(csv.reader(unpacked(path, MEMBER).decode("utf-8").splitlines()))
    widths = {len(line) for line in lines}
    if widths != {len(COLUMNS)}:
        raise Unavailable(f"{path} has lines of {widths} fields, wanted {len(COLUMNS)}")
    frame = pl.DataFrame(lines, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    if "product id" in str(frame["id"][0]).lower():
        frame = frame[1:]
    return frame.with_columns(pl.col(pl.String).str.strip_chars())
