"""A split says which rows are learned from, which tune, and which judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from longshelf.errors import InputError
from longshelf.tables import IntArray

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["DROPPED", "TEST", "TRAIN", "VALID", "Assignment", "Split", "shares_checked"]

TRAIN, VALID, TEST, DROPPED = 0, 1, 2, -1


@dataclass(frozen=True)
class Assignment:
    """Part of each row, and what had to be decided on the way.

    Parameters
    ----------
    part : (n,) int array
        0 train, 1 valid, 2 test, -1 dropped.
    findings : tuple of str
        Shown to the user.
    """

    abstract: ClassVar[bool] = True

    part: IntArray
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Split:
    """Divides the rows of a problem; ``redrawn`` tells whether another seed divides differently."""

    abstract: ClassVar[bool] = True
    redrawn: ClassVar[bool] = True

    def assign(self, problem: Problem, seed: int) -> Assignment:
        """Part of each row."""
        raise NotImplementedError


def shares_checked(valid: float, test: float) -> None:
    """Refuse shares that leave nothing to learn from.

    Raises
    ------
    InputError
    """
    if not (0 < valid < 1 and 0 < test < 1 and valid + test < 1):
        raise InputError(
            f"the shares valid={valid} and test={test} must lie in (0, 1) and sum to less than 1"
        )
