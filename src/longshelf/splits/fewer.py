"""Another split with fewer rows to learn from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from longshelf.components import build
from longshelf.errors import InputError
from longshelf.splits.base import DROPPED, TRAIN, VALID, Assignment, Split
from longshelf.splits.stratified import Stratified
from longshelf.tables import IntArray

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["Fewer"]


@dataclass(frozen=True, kw_only=True)
class Fewer(Split):
    """Keep some of the train and valid rows of another split, and its whole test part.

    For models too slow to learn from everything, and to ask what more data would be worth. Rows
    are drawn evenly within each class by the seed, at least one of each, so that the tail stays a
    tail; the sizes asked for are met to within one row a class.

    Parameters
    ----------
    of : Split, default stratified
        Whose rows are drawn from.
    train : int >= 2, default 8000
        Training rows kept, at most.
    valid : int >= 1, default 2000
        Validation rows kept, at most.

    Raises
    ------
    InputError
        If a size is out of range.

    Examples
    --------
    >>> Fewer(train=500).valid
    2000
    """

    abstract: ClassVar[bool] = False

    of: Split = field(default_factory=Stratified)
    train: int = 8000
    valid: int = 2000

    def __post_init__(self) -> None:
        of: Any = self.of
        object.__setattr__(self, "of", build("split", of))
        if self.train < 2 or self.valid < 1:
            raise InputError(
                f"fewer keeps 2 training rows and 1 validation row at least, got train="
                f"{self.train}, valid={self.valid}"
            )

    @property
    def given(self) -> bool:
        return self.of.given

    @property
    def redrawn(self) -> bool:
        return self.of.redrawn

    @property
    def seeded(self) -> bool:
        return True

    def assign(self, problem: Problem, seed: int) -> Assignment:
        whole = self.of.assign(problem, seed)
        part = whole.part.copy()
        rng = np.random.default_rng([seed, 3])
        strata, said = problem.strata, []
        for code, most, name in ((TRAIN, self.train, "train"), (VALID, self.valid, "valid")):
            rows = np.flatnonzero(part == code)
            if len(rows) > most:
                kept = rows[_evenly(strata[rows], most, rng)]
                part[rows] = DROPPED
                part[kept] = code
                said.append(f"{len(kept):,} of {len(rows):,} rows kept in {name}")
        return replace(whole, part=part, findings=(*whole.findings, *said))


def _evenly(stratum: IntArray, most: int, rng: np.random.Generator) -> IntArray:
    """Positions drawn so that each stratum keeps the same share of its rows, and at least one."""
    order = rng.permutation(len(stratum))
    order = order[np.argsort(stratum[order], kind="stable")]
    sizes = np.bincount(stratum)
    starts = np.cumsum(sizes) - sizes
    rank = np.arange(len(order)) - starts[stratum[order]]
    kept = np.maximum(1, np.round(sizes * (most / len(stratum))))
    return np.sort(order[rank < kept[stratum[order]]])
