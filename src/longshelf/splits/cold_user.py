"""Judged on users nobody has learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from longshelf.splits.base import Assignment, Split, drawn, shares_checked
from longshelf.splits.sources import cold, sources

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["ColdUser"]


@dataclass(frozen=True, kw_only=True)
class ColdUser(Split):
    """Draw users, each with all their rows: nothing they did before is known when they are judged.

    Parameters
    ----------
    valid : float in (0, 1), default 0.1
        Share of the users that only validate.
    test : float in (0, 1), default 0.2
        Share of the users that only judge.

    Raises
    ------
    InputError
        If the shares leave nothing to learn from, or the data name no user and no query column.
    """

    abstract: ClassVar[bool] = False

    valid: float = 0.1
    test: float = 0.2

    def __post_init__(self) -> None:
        shares_checked(self.valid, self.test)

    def assign(self, problem: Problem, seed: int) -> Assignment:
        part = drawn(sources(problem), self.valid, self.test, seed, "users")
        return Assignment(part, cold(problem, part))
