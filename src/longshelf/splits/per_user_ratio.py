"""A share of everybody's rows judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from longshelf.errors import unknown
from longshelf.splits.base import TEST, TRAIN, VALID, Assignment, Split, shares_checked
from longshelf.splits.sources import cold, early, places, sources, whole_baskets
from longshelf.splits.stratified import shuffled_rank
from longshelf.tables import IntArray

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["PerUserRatio", "shuffled_places"]


@dataclass(frozen=True, kw_only=True)
class PerUserRatio(Split):
    """Divide the rows of each user by shares, at random or by time.

    Users of three rows or more reach all three parts; those of fewer stay in train and are
    counted.

    Parameters
    ----------
    valid : float in (0, 1), default 0.1
        Share of a user's rows, rounded, at least one.
    test : float in (0, 1), default 0.2
        The same.
    by : {"random", "time"}, default "random"
        ``time`` tests on the latest rows of each user and validates on those before.

    Raises
    ------
    InputError
        If the shares leave nothing to learn from, ``by`` is unknown, or the data name no user and
        no query column.
    """

    abstract: ClassVar[bool] = False

    valid: float = 0.1
    test: float = 0.2
    by: Literal["random", "time"] = "random"

    def __post_init__(self) -> None:
        shares_checked(self.valid, self.test)
        if self.by not in ("random", "time"):
            raise unknown("order of a user's rows", self.by, ("random", "time"))

    @property
    def redrawn(self) -> bool:
        return self.by == "random"

    def assign(self, problem: Problem, seed: int) -> Assignment:
        whole_baskets(problem, "per_user_ratio")
        if self.by == "time":
            before, size = places(problem)
        else:
            before, size = shuffled_places(sources(problem), np.random.default_rng([seed, 1]))
        left = size - 1 - before
        test = np.maximum(1, np.round(self.test * size))
        valid = np.maximum(1, np.round(self.valid * size))
        part = np.select([size < 3, left < test, left < test + valid], [TRAIN, TEST, VALID], TRAIN)
        short = int(((size < 3) & (before == 0)).sum())
        said = f"{short:,} sources with fewer than 3 rows stay in train only"
        findings = (*((said,) if short else ()), *cold(problem, part), *early(problem, part))
        return Assignment(part, findings)


def shuffled_places(source: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """A random place of each row among those of its source, and rows the source has; (n,) each."""
    order, rank = shuffled_rank(source, rng)
    before = np.empty(len(source), dtype=np.int64)
    before[order] = rank
    size: Any = np.bincount(source)
    return before, size[source]
