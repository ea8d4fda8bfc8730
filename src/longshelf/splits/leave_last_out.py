"""The last interaction of everybody judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.splits.base import TEST, TRAIN, VALID, Assignment, Split
from longshelf.splits.sources import cold, early, places, whole_baskets

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["LeaveLastOut"]


@dataclass(frozen=True, kw_only=True)
class LeaveLastOut(Split):
    """Judge on the last row of each user, validate on the one before, learn from the rest.

    Time orders the rows of a user, the file where there is no time or it is equal. Users of fewer
    than three rows stay in train and are counted. What others did later is known in training, as
    the findings say where there is a time column.

    Raises
    ------
    InputError
        If the data name no user and no query column, or tie rows of different sources.
    """

    abstract: ClassVar[bool] = False

    @property
    def redrawn(self) -> bool:
        return False

    def assign(self, problem: Problem, seed: int) -> Assignment:
        whole_baskets(problem, "leave_last_out")
        before, size = places(problem)
        left = size - 1 - before
        part = np.select([size < 3, left == 0, left == 1], [TRAIN, TEST, VALID], TRAIN)
        short = int(((size < 3) & (before == 0)).sum())
        said = f"{short:,} sources with fewer than 3 rows stay in train only"
        findings = (*((said,) if short else ()), *cold(problem, part), *early(problem, part))
        return Assignment(part, findings)
