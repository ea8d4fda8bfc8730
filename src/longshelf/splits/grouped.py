"""Whole users, queries or documents on one side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.errors import InputError, unknown
from longshelf.splits.base import TEST, TRAIN, VALID, Assignment, Split, shares_checked
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
    codes = frame[by].rank("dense").fill_null(0).to_numpy().astype(np.int64)[problem.rows.id]
    tied = tie(codes, problem.keys)
    groups = int(tied.max()) + 1
    if groups < 3:
        raise InputError(f"grouping by {by!r} gives {groups} independent groups; three are needed")
    rank = np.random.default_rng([seed, 1]).permutation(groups)
    n_test, n_valid = max(1, round(test * groups)), max(1, round(valid * groups))
    part = np.select([rank < n_test, rank < n_test + n_valid], [TEST, VALID], TRAIN)
    return Assignment(part[tied])


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
