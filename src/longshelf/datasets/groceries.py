"""Groceries: a month of baskets of a grocery outlet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl

from longshelf.datasets.base import DataFile, DataSource, hashes
from longshelf.datasets.packed import unpacked
from longshelf.tables import Card, Dataset, Schema

__all__ = ["Groceries"]

FILES = (
    DataFile(
        name="groceries.csv",
        sha256="ff1be892fd6b9b57d1a7bc50de067798963dda607619645988b21789bf23ae3b",
        address="https://raw.githubusercontent.com/stedy/Machine-Learning-with-R-datasets/ff933238d9c30da179b7e3ad4b6ca938d67efc53/groceries.csv",
        strict=False,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Groceries(DataSource):
    """Which kinds of goods lay in one basket: 9,835 baskets of 169 kinds.

    One row per basket and kind, baskets and kinds in the order of the file. The basket plays the
    user, so a row asks what else belongs to it; rules are mined from the same two columns.

    Raises
    ------
    Unavailable
        The file is missing or another one.

    Examples
    --------
    >>> Groceries().name
    'groceries'
    """

    abstract: ClassVar[bool] = False
    files: ClassVar[tuple[DataFile, ...]] = FILES
    card: ClassVar[Card] = Card(
        title="Groceries (R package arules)",
        licence="GPL-3 (arules); its copies call it public domain",
        citation=(
            "Hahsler, Hornik, Reutterer, Implications of probabilistic data modeling for mining "
            "association rules, 2006"
        ),
        address="https://github.com/stedy/Machine-Learning-with-R-datasets",
        files=hashes(FILES),
        redistribution="allowed",
        notes=(
            "43,367 rows; the top fifth of the kinds holds 66% of them. Items are kinds of goods, "
            "not products; there is no customer, time or price. 2,159 baskets hold one kind only."
        ),
    )
    expected: ClassVar[int] = 9_835

    def load(self, folder: Path | None = None) -> Dataset:
        """Read the baskets, one line each."""
        found = self.find(folder)
        lines = [line for line in unpacked(found.path).decode("utf-8").splitlines() if line]
        found.counted(len(lines), self.expected, "baskets")
        rows = (
            pl.DataFrame({"basket": range(1, len(lines) + 1), "item": lines})
            .with_columns(pl.col("item").str.split(","))
            .explode("item")
            .with_columns(pl.col("item").str.strip_chars())
        )
        return Dataset(
            name=self.name,
            rows=rows,
            schema=Schema(user="basket", item="item"),
            card=self.card,
            targets=rows.select("item", text="item").unique().sort("item"),
            findings=found.findings,
        )
