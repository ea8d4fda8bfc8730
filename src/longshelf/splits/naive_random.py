"""The split most scripts use, kept to show what it leaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.splits.base import TEST, TRAIN, VALID, Assignment, Split, shares_checked

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["NaiveRandom"]


@dataclass(frozen=True, kw_only=True)
class NaiveRandom(Split):
    """Draw rows one by one: equal texts land on both sides. For comparison only.

    Parameters
    ----------
    valid, test : float in (0, 1), default 0.2
    """

    abstract: ClassVar[bool] = False
    leaky: ClassVar[bool] = True

    valid: float = 0.2
    test: float = 0.2

    def __post_init__(self) -> None:
        shares_checked(self.valid, self.test)

    def assign(self, problem: Problem, seed: int) -> Assignment:
        draw = np.random.default_rng([seed, 1]).random(len(problem.rows))
        part = np.select([draw < self.test, draw < self.test + self.valid], [TEST, VALID], TRAIN)
        _, counts = np.unique(problem.keys, return_counts=True)
        shared = int(counts[counts > 1].sum())
        return Assignment(
            part, (f"{shared} rows share their text with another; this split ignores it",)
        )
