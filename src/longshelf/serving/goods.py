"""The catalogue in arrays, and what a filter lets through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import orjson
import polars as pl

from longshelf.slices import TAIL
from longshelf.tables import BoolArray, IntArray

__all__ = ["Filter", "Goods"]

NAMES = ("head", "torso", "tail")


@dataclass(frozen=True)
class Filter:
    """What a list may hold.

    Parameters
    ----------
    category : str or None
    low, high : float or None
        Bounds of the price, inclusive; an item without a price passes none.
    """

    category: str | None = None
    low: float | None = None
    high: float | None = None

    @property
    def open(self) -> bool:
        """Lets everything through."""
        return self.category is None and not self.priced

    @property
    def priced(self) -> bool:
        """Bounds the price."""
        return self.low is not None or self.high is not None


class Goods:
    """Items by their codes.

    Parameters
    ----------
    catalogue : polars.DataFrame
        item, title, category, price, count, slice; the row is the code.
    """

    def __init__(self, catalogue: pl.DataFrame) -> None:
        self.items: list[str] = catalogue["item"].to_list()
        self.titles: list[str] = catalogue["title"].to_list()
        self.categories: list[str] = catalogue["category"].to_list()
        self.prices: list[float | None] = catalogue["price"].to_list()
        self.slices: list[str] = catalogue["slice"].to_list()
        self.counts = catalogue["count"].to_numpy()
        self.price = np.array(catalogue["price"].cast(pl.Float64).fill_null(np.nan))
        self.slice = np.array([NAMES.index(name) for name in self.slices], dtype=np.int8)
        self.code_of = {item: code for code, item in enumerate(self.items)}
        self.popular: IntArray = np.argsort(-self.counts, kind="stable")

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def tail(self) -> BoolArray:
        """Which items belong to the tail; (n,)."""
        return np.asarray(self.slice == TAIL)

    @cached_property
    def shown(self) -> list[tuple[bytes, bytes, str]]:
        """Each item as an answer shows it, JSON that is open where its score follows; id; slice.

        The three lie together, as they are read together.
        """
        columns = zip(self.items, self.titles, self.categories, self.prices, self.slices)
        names = ("item", "title", "category", "price", "slice")
        return [
            (orjson.dumps(dict(zip(names, one)))[:-1] + b',"score":', orjson.dumps(one[0]), one[-1])
            for one in columns
        ]

    @cached_property
    def shelves(self) -> dict[str, IntArray]:
        """Codes of each category."""
        found: dict[str, list[int]] = {}
        for code, name in enumerate(self.categories):
            found.setdefault(name, []).append(code)
        return {name: np.array(codes, dtype=np.int64) for name, codes in sorted(found.items())}

    def codes(self, items: list[str]) -> list[int]:
        """Codes of the items that are in the catalogue, in the order given."""
        return [code for item in items if (code := self.code_of.get(item)) is not None]

    def passing(self, wanted: Filter) -> IntArray:
        """Codes of all items a filter lets through."""
        if wanted.category is None:
            codes: IntArray = np.arange(len(self))
        else:
            codes = self.shelves.get(wanted.category, np.zeros(0, dtype=np.int64))
        return codes[self.priced(codes, wanted)] if wanted.priced else codes

    def priced(self, codes: IntArray, wanted: Filter) -> BoolArray:
        """Which of these codes lie within the bounds of the price."""
        price = self.price[codes]
        if wanted.low is None:
            return np.asarray(price <= wanted.high)
        if wanted.high is None:
            return np.asarray(price >= wanted.low)
        return np.asarray((price >= wanted.low) & (price <= wanted.high))

    def passes(self, codes: IntArray, wanted: Filter) -> BoolArray:
        """Which of these codes a filter lets through."""
        inside = self.priced(codes, wanted) if wanted.priced else np.ones(len(codes), dtype=bool)
        if wanted.category is not None:
            shelf = self.shelf_number.get(wanted.category, -1)
            inside &= self.shelf[codes] == shelf
        return inside

    @cached_property
    def shelf_number(self) -> dict[str, int]:
        """Categories numbered by alphabet."""
        return {name: number for number, name in enumerate(self.shelves)}

    @cached_property
    def shelf(self) -> IntArray:
        """Number of each item's category; (n,)."""
        return np.array([self.shelf_number[name] for name in self.categories], dtype=np.int64)
