"""A split says which rows are learned from, which tune, and which judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.tables import BoolArray, IntArray

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["DROPPED", "TEST", "TRAIN", "VALID", "Assignment", "Split", "drawn", "shares_checked"]

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
    peeking : bool, default False
        The test rows validate as well, as some published protocols have it; no row is valid then.
    shown : polars.DataFrame or None
        Inputs of the test rows, in their order, where they are not those of the data.
    """

    abstract: ClassVar[bool] = True

    part: IntArray
    findings: tuple[str, ...] = ()
    peeking: bool = False
    shown: pl.DataFrame | None = None

    def of(self, code: int) -> BoolArray:
        """Which rows stand in a part; (n,)."""
        return np.asarray(self.part == (TEST if self.peeking and code == VALID else code))


@dataclass(frozen=True, kw_only=True)
class Split:
    """Divides the rows of a problem.

    A ``leaky`` one exists to show what careless splitting is worth.
    """

    abstract: ClassVar[bool] = True
    leaky: ClassVar[bool] = False

    @property
    def given(self) -> bool:
        """Whether the data say which row is in which part."""
        return False

    @property
    def redrawn(self) -> bool:
        """Whether another seed tests on other rows."""
        return True

    @property
    def seeded(self) -> bool:
        """Whether another seed changes any part."""
        return self.redrawn

    @property
    def learning(self) -> Split:
        """The split whose train and valid parts these are: equal ones learn alike."""
        return self

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


def drawn(group: IntArray, valid: float, test: float, seed: int, what: str) -> IntArray:
    """Part of each row when whole groups are drawn by the seed; (n,).

    Raises
    ------
    InputError
        If there are fewer than three groups.
    """
    number = np.unique(group, return_inverse=True)[1]
    groups = int(number.max()) + 1
    if groups < 3:
        raise InputError(f"drawing {what} gives {groups} independent groups; three are needed")
    rank = np.random.default_rng([seed, 1]).permutation(groups)
    n_test, n_valid = max(1, round(test * groups)), max(1, round(valid * groups))
    return np.select([rank < n_test, rank < n_test + n_valid], [TEST, VALID], TRAIN)[number]
