"""Whose row it is, when it came, and what the training part does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.splits.base import TEST, TRAIN
from longshelf.tables import IntArray

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["cold", "early", "instants", "numbered", "places", "sources", "whole_baskets"]


def numbered(values: pl.Series) -> IntArray:
    """Number of each distinct value in sorted order, missing ones first; (n,)."""
    numbers = values.rank("dense").fill_null(0).to_numpy().astype(np.int64)
    return np.asarray(numbers - numbers.min())


def _column(problem: Problem) -> str:
    """The column that says whose row it is: the one the task reads, user before query.

    Raises
    ------
    InputError
        If the data name neither.
    """
    schema = problem.dataset.schema
    named = [column for column in (schema.user, schema.query) if column]
    if not named:
        raise InputError(
            f"data set {problem.dataset.name!r} names no user and no query column; "
            "give it one, or split by stratified or by_time"
        )
    read = [column for column in named if column in problem.rows.inputs.columns]
    return (read or named)[0]


def sources(problem: Problem) -> IntArray:
    """Number of the user, query or item whose targets are ranked, of each row; (n,)."""
    if problem.rows.source is not None:
        return problem.rows.source
    return numbered(problem.dataset.rows[_column(problem)][problem.rows.id])


def instants(problem: Problem) -> IntArray | None:
    """Number of the instant of each row, missing times first; (n,), or None without a time column."""
    column = problem.dataset.schema.time
    return None if column is None else numbered(problem.dataset.rows[column][problem.rows.id])


def places(problem: Problem) -> tuple[IntArray, IntArray]:
    """Rows of the same source that came before, and rows it has in all; (n,) each.

    Rows of one instant, or without a time, stand in the order of the file.
    """
    source, instant = sources(problem), instants(problem)
    if instant is None:
        order = np.lexsort((problem.rows.id, source))
    else:
        order = np.lexsort((problem.rows.id, instant, source))
    size = np.bincount(source)
    first = np.cumsum(size) - size
    before = np.empty(len(source), dtype=np.int64)
    before[order] = np.arange(len(source)) - np.repeat(first, size)
    return before, size[source]


def cold(problem: Problem, part: IntArray) -> tuple[str, ...]:
    """Count the test rows of sources and of items that train does not know; they are kept."""
    said = [
        _unknown(sources(problem), part, "sources"),
        _unknown(np.asarray(problem.rows.code), part, "items"),
    ]
    found = [one for one in said if one]
    if not found:
        return ()
    rows = int((part == TEST).sum())
    return (f"of {rows:,} test rows {' and '.join(found)}: kept, and counted as cold",)


def _unknown(codes: IntArray, part: IntArray, what: str) -> str:
    known = np.bincount(codes[part == TRAIN], minlength=int(codes.max()) + 1) > 0
    new = codes[part == TEST]
    new = new[~known[new]]
    return (
        f"{len(new):,} are of {len(np.unique(new)):,} {what} unknown to train" if len(new) else ""
    )


def early(problem: Problem, part: IntArray) -> tuple[str, ...]:
    """Count the test rows that are older than the newest training row: there a future leaks."""
    instant = instants(problem)
    if instant is None or not (part == TRAIN).any():
        return ()
    tested = instant[part == TEST]
    older = int((tested < instant[part == TRAIN].max()).sum())
    if not older:
        return ()
    return (
        f"{older:,} of {len(tested):,} test rows are older than the newest training row, so the "
        "future of others is known; by_time leaks none",
    )


def whole_baskets(problem: Problem, split: str) -> None:
    """Refuse a split that divides the rows of a source where some rows must stay together.

    Raises
    ------
    InputError
    """
    if problem.tied is not None:
        raise InputError(
            f"{split} would part pairs of one basket; divide {problem.task.title} by stratified, "
            "by_time or cold_item"
        )
