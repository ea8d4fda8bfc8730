"""Items that go with an item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.errors import InputError, unknown
from longshelf.tables import Dataset, Rows, Schema
from longshelf.tasks.base import Parts, Problem
from longshelf.tasks.interactions import groups_of, items_of, numbers, ordered, sources_of
from longshelf.tasks.ranked import Ranked

__all__ = ["Associate"]


@dataclass(frozen=True, kw_only=True)
class Associate(Ranked):
    """Rank the items that are bought with, complete or replace an item.

    Rows are pairs of two different items: those the data state (a query column holds the first
    item), or those that lay in one basket. No list holds the item itself.

    Parameters
    ----------
    k : int, default 20
        Cut-off of the metrics.
    depth : int, default 100
        Candidates kept per item.
    ks : tuple of int, default ()
        Further cut-offs, none above ``k``.
    basket : str or None, default None
        Column that says which rows lay in one basket; None takes stated pairs, else the user.
    partners : int >= 1, default 3
        Partners drawn for each item of a larger basket, so that pairs grow with the rows and not
        with the square of a basket.

    Raises
    ------
    InputError
        If the data state no pairs and no baskets.

    Examples
    --------
    >>> Associate(basket="invoice").title
    'associate'
    """

    abstract: ClassVar[bool] = False

    basket: str | None = None
    partners: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.partners < 1:
            raise InputError(f"associate's partners must be at least 1, got {self.partners}")

    @property
    def title(self) -> str:
        return "associate"

    def rivals_for(self, dataset: Dataset) -> Sequence[tuple[str, str]]:
        return [("ids", "random_ranking"), ("ids", "most_popular")]

    def described(self, dataset: Dataset) -> pl.DataFrame | None:
        return dataset.targets

    def pose(self, dataset: Dataset) -> Problem:
        schema, item = dataset.schema, dataset.schema.item
        if item is None:
            raise InputError(f"data set {dataset.name!r} must name an item column to associate")
        if self.basket is None and schema.query is not None:
            ids, findings = ordered(dataset, (schema.query, item))
            pairs = dataset.rows[ids].select(
                id=pl.Series(ids), first=pl.col(schema.query).cast(pl.String),
                second=pl.col(item).cast(pl.String),
            )  # fmt: skip
        else:
            pairs, findings = self._together(dataset, item)
        pairs = pairs.filter(pl.col("first") != pl.col("second"))
        source, names = sources_of(pairs, "first")
        code, targets = items_of(dataset, pairs["second"], pairs["first"])
        ids = pairs["id"].to_numpy()
        inputs, roles = _described(dataset, pairs["first"])
        rows = Rows(
            id=ids, inputs=inputs, y=code, code=code,
            groups=groups_of(dataset, dataset.rows[ids]), source=source,
        )  # fmt: skip
        tied = None
        if "basket" in pairs.columns:
            tied = pairs["basket"].rank("dense").to_numpy().astype(np.int64) - 1
        return Problem(dataset, self, rows, targets, findings, names, tied, roles)

    def _together(self, dataset: Dataset, item: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
        """id, basket, first, second: each item of a basket with a few others, both ways."""
        basket = self.basket or dataset.schema.document or dataset.schema.user
        if basket is None:
            raise InputError(
                f"data set {dataset.name!r} names no baskets; give associate(basket='…')"
            )
        if basket not in dataset.rows.columns:
            raise unknown("basket column", basket, dataset.rows.columns)
        ids, findings = ordered(dataset, (basket, item))
        lines = dataset.rows[ids].select(
            id=pl.Series(ids), basket=pl.col(basket).cast(pl.String).rank("dense") - 1,
            item=pl.col(item).cast(pl.String),
        )  # fmt: skip
        lines = lines.unique(["basket", "item"], keep="first", maintain_order=True)
        chance = np.random.default_rng(0).permutation(lines.height)
        lines = lines[np.lexsort((chance, lines["basket"].to_numpy()))]
        number = lines["basket"].to_numpy()
        start = np.searchsorted(number, number, side="left")
        size = np.searchsorted(number, number, side="right") - start
        at = np.arange(lines.height)
        found = []
        for step in range(1, self.partners + 1):
            some = at[size > step]
            other = start[some] + (some - start[some] + step) % size[some]
            found += [(some, other), (other, some)]
        first, second = (np.concatenate(side) for side in zip(*found, strict=True))
        pairs = lines[first].rename({"item": "first"}).with_columns(second=lines["item"][second])
        return pairs.unique(["basket", "first", "second"], keep="first").sort(
            "id", "second"
        ), findings

    def hidden(self, parts: Parts) -> sp.csr_matrix:
        own = numbers(pl.Series(parts.problem.sources), parts.targets.names)
        at = np.flatnonzero(own.is_not_null().to_numpy())
        shape = (len(parts.problem.sources), len(parts.targets))
        held = (np.ones(len(at)), (at, own.drop_nulls().to_numpy()))
        return sp.csr_matrix(held, shape=shape)


def _described(dataset: Dataset, first: pl.Series) -> tuple[pl.DataFrame, Schema]:
    """The source items with their text, where the item table has one, and the roles of both."""
    query, item, table = dataset.schema.query, dataset.schema.item, dataset.targets
    items = first.alias(query or str(item)).to_frame()
    roles = Schema(query=query, item=None if query else item)
    if table is None or "text" not in table.columns:
        return items, roles
    key = items.columns[0]
    text = table.select(pl.first().cast(pl.String).alias(key), pl.col("text").alias(f"{key} text"))
    told = items.join(text, on=key, how="left", maintain_order="left")
    return told, replace(roles, text=(f"{key} text",))
