"""How unevenly users, items and queries are met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from longshelf.diagnosis.balance import gini
from longshelf.diagnosis.shelves import Shelf, shelves
from longshelf.validation import View

__all__ = ["Popularity", "popularity"]


@dataclass(frozen=True, kw_only=True)
class Popularity:
    """Rows per user, item or query.

    Parameters
    ----------
    role : {"user", "item", "query"}
    column : str
    distinct : int
        How many occur.
    most, median : int
        Rows of the most popular and of the median one.
    once : int
        Those with a single row.
    gini : float in [0, 1]
        Over those that occur.
    top_fifth : float
        Share of rows that fall on the most popular 20%.
    shelves : tuple of Shelf
        Head, torso and tail of them.
    """

    role: str
    column: str
    distinct: int
    most: int
    median: int
    once: int
    gini: float
    top_fifth: float
    shelves: tuple[Shelf, ...]


def popularity(view: View, rule: str = "mass") -> tuple[Popularity, ...]:
    """Count the roles the schema names.

    Parameters
    ----------
    view : View
        The data.
    rule : str, default "mass"
        Where head, torso and tail are cut.
    """
    schema = view.dataset.schema
    roles = {"user": schema.user, "item": schema.item, "query": schema.query}
    return tuple(_count(view, role, column, rule) for role, column in roles.items() if column)


def _count(view: View, role: str, column: str, rule: str) -> Popularity:
    known = view.rows.lazy().select(column).drop_nulls().group_by(column).len().collect()
    counts = np.sort(known["len"].cast(pl.Float64).to_numpy())[::-1]
    fifth = max(int(np.ceil(0.2 * len(counts))), 1)
    return Popularity(
        role=role,
        column=column,
        distinct=len(counts),
        most=int(counts[0]) if len(counts) else 0,
        median=round(float(np.median(counts))) if len(counts) else 0,
        once=int((counts == 1).sum()),
        gini=gini(counts),
        top_fifth=float(counts[:fifth].sum() / max(counts.sum(), 1)),
        shelves=shelves(counts, rule) if len(counts) else (),
    )
