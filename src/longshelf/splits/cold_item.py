"""Judged on items nobody has learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.prepare import normalise_key
from longshelf.splits.base import Assignment, Split, drawn, shares_checked
from longshelf.splits.sources import cold
from longshelf.tables import IntArray, Targets

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["ColdItem"]


@dataclass(frozen=True, kw_only=True)
class ColdItem(Split):
    """Draw items, each with all its rows; items of equal text go together.

    Parameters
    ----------
    valid : float in (0, 1), default 0.1
        Share of the items that only validate.
    test : float in (0, 1), default 0.2
        Share of the items that only judge.

    Raises
    ------
    InputError
        If the shares leave nothing to learn from, or the targets of a row are not one item.
    """

    abstract: ClassVar[bool] = False

    valid: float = 0.1
    test: float = 0.2

    def __post_init__(self) -> None:
        shares_checked(self.valid, self.test)

    def assign(self, problem: Problem, seed: int) -> Assignment:
        if problem.targets.kind != "item":
            raise InputError(
                f"cold_item draws the items of a ranking task, but {problem.task.title!r} has "
                f"targets of kind {problem.targets.kind!r}; draw a column with grouped"
            )
        group = _alike(problem.targets)[problem.rows.code]
        part = drawn(group, self.valid, self.test, seed, "items")
        return Assignment(part, cold(problem, part))


def _alike(targets: Targets) -> IntArray:
    """Number of the group of items that say the same; (C,)."""
    own = np.arange(len(targets))
    if targets.text is None:
        return own
    key = pl.DataFrame({"key": normalise_key(pl.Series(targets.text)), "own": own})
    first = pl.col("own").min().over("key")
    alike = key.select(pl.when(pl.col("key").fill_null("") == "").then("own").otherwise(first))
    return alike.to_series().to_numpy().astype(np.int64)
