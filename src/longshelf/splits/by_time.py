"""Learn from the past, be judged on the future."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.splits.base import DROPPED, TEST, TRAIN, VALID, Assignment, Split, shares_checked
from longshelf.splits.sources import cold, numbered

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["ByTime"]


@dataclass(frozen=True, kw_only=True)
class ByTime(Split):
    """Cut the time line twice; rows of one instant stay on one side.

    A later row whose text already stands in an earlier part is dropped and counted, so that
    nothing learned is asked again. Interactions are all kept, a basket on the side of its last
    row; those of users and items the past does not know are counted as cold.

    Parameters
    ----------
    valid, test : float in (0, 1), default 0.2
        Share of the rows, the latest last.

    Raises
    ------
    InputError
        If the data have no time column, or all rows share one instant.
    """

    abstract: ClassVar[bool] = False

    valid: float = 0.2
    test: float = 0.2

    def __post_init__(self) -> None:
        shares_checked(self.valid, self.test)

    @property
    def redrawn(self) -> bool:
        return False

    def assign(self, problem: Problem, seed: int) -> Assignment:
        column = problem.dataset.schema.time
        if column is None:
            raise InputError(
                f"data set {problem.dataset.name!r} names no time column; "
                "give it one with --time, or split by stratified"
            )
        instant = numbered(problem.dataset.rows[column][problem.rows.id])
        ordered = np.sort(instant)
        n = len(ordered)
        from_test = ordered[min(int((1 - self.test) * n), n - 1)]
        from_valid = ordered[min(int((1 - self.test - self.valid) * n), n - 1)]
        part = np.where(instant >= from_test, TEST, np.where(instant >= from_valid, VALID, TRAIN))
        if len(np.unique(part)) < 3:
            raise InputError(
                f"the time column {column!r} cannot be cut in three: {len(np.unique(ordered))} "
                "distinct instants; use another split"
            )
        if problem.targets.kind == "item":
            latest = np.zeros(int(problem.keys.max()) + 1, dtype=np.int64)
            np.maximum.at(latest, problem.keys, part)
            part = latest[problem.keys]
            return Assignment(part, cold(problem, part))
        earliest = np.full(int(problem.keys.max()) + 1, TEST)
        np.minimum.at(earliest, problem.keys, part)
        repeated = part > earliest[problem.keys]
        part = np.where(repeated, DROPPED, part)
        if not repeated.any():
            return Assignment(part)
        found = f"{int(repeated.sum())} later rows repeat an earlier text and are left out"
        return Assignment(part, (found,))
