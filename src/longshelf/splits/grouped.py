"""Whole users, queries or documents on one side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl

from longshelf.errors import InputError, unknown
from longshelf.prepare import normalise_key
from longshelf.splits.base import Assignment, Split, drawn, shares_checked
from longshelf.splits.sources import cold, numbered
from longshelf.tables import IntArray

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["ByQuery", "Grouped"]


@dataclass(frozen=True, kw_only=True)
class Grouped(Split):
    """Draw the values of a column, each with all its rows.

    Parameters
    ----------
    by : str
        The column.
    valid, test : float in (0, 1), default 0.2
        Share of its values.

    Raises
    ------
    InputError
        If the column is unknown or has fewer than three values.
    """

    abstract: ClassVar[bool] = False

    by: str
    valid: float = 0.2
    test: float = 0.2

    def __post_init__(self) -> None:
        shares_checked(self.valid, self.test)

    def assign(self, problem: Problem, seed: int) -> Assignment:
        return _draw(problem, self.by, self.valid, self.test, seed)


@dataclass(frozen=True, kw_only=True)
class ByQuery(Split):
    """Draw queries, each with all its rows.

    Parameters
    ----------
    valid, test : float in (0, 1), default 0.2
        Share of the queries.
    """

    abstract: ClassVar[bool] = False

    valid: float = 0.2
    test: float = 0.2

    def __post_init__(self) -> None:
        shares_checked(self.valid, self.test)

    def assign(self, problem: Problem, seed: int) -> Assignment:
        query = problem.dataset.schema.query
        if query is None:
            raise InputError(
                f"data set {problem.dataset.name!r} names no query column; "
                "give it one, or split by stratified"
            )
        return _draw(problem, query, self.valid, self.test, seed)


def _draw(problem: Problem, by: str, valid: float, test: float, seed: int) -> Assignment:
    frame = problem.dataset.rows
    if by not in frame.columns:
        raise unknown("column to group by", by, frame.columns)
    values = frame[by][problem.rows.id]
    ranks = problem.targets.kind == "item"
    group = _same_text(values) if ranks else numbered(values)
    if not np.array_equal(problem.keys, np.arange(len(group))):
        group = tie(group, problem.keys)
    part = drawn(group, valid, test, seed, f"values of {by!r}")
    return Assignment(part, cold(problem, part) if ranks else ())


def _same_text(values: pl.Series) -> IntArray:
    """Number of the group of each row whose values read alike, whatever their case; (n,)."""
    if values.dtype != pl.String:
        return numbered(values)
    distinct = values.unique().sort()
    alike = dict(zip(distinct, numbered(normalise_key(distinct)).tolist(), strict=True))
    return values.replace_strict(alike, return_dtype=pl.Int64).to_numpy()


def tie(*keys: IntArray) -> IntArray:
    """Number the groups of rows connected by sharing any of these keys; (n,)."""
    import scipy.sparse as sp
    from scipy.sparse.csgraph import connected_components

    n = len(keys[0])
    blocks, width = [], 0
    for key in keys:
        blocks.append(np.stack([np.arange(n), n + width + key]))
        width += int(key.max()) + 1
    edges = np.concatenate(blocks, axis=1)
    graph = sp.coo_matrix((np.ones(edges.shape[1]), edges), shape=(n + width, n + width))
    labels = connected_components(graph, directed=False)[1][:n]
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)
