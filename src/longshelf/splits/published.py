"""The split a data set was published with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.errors import InputError, unknown
from longshelf.splits.base import DROPPED, TEST, TRAIN, VALID, Assignment, Split

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["Published"]

NAMES = {"train": TRAIN, "valid": VALID, "validation": VALID, "dev": VALID, "test": TEST}


@dataclass(frozen=True, kw_only=True)
class Published(Split):
    """Read the part of each row from a column that says train, valid or test.

    Parameters
    ----------
    column : str, default "split"

    Raises
    ------
    InputError
        If the column is absent, or holds none of the three names.
    """

    abstract: ClassVar[bool] = False
    redrawn: ClassVar[bool] = False

    column: str = "split"

    def assign(self, problem: Problem, seed: int) -> Assignment:
        frame = problem.dataset.rows
        if self.column not in frame.columns:
            raise unknown("column that holds the split", self.column, frame.columns)
        said = frame[self.column][problem.rows.id].cast(str).fill_null("").to_list()
        part = np.array([NAMES.get(name.lower(), DROPPED) for name in said])
        missing = {TRAIN, VALID, TEST} - set(part.tolist())
        if missing:
            raise InputError(
                f"column {self.column!r} must hold train, valid and test; "
                f"it holds: {', '.join(sorted(set(said))[:10])}"
            )
        return Assignment(part)
