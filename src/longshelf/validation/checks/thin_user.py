"""Users of whom little is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from longshelf.errors import InputError
from longshelf.validation.check import Check, Finding
from longshelf.validation.checks.thin import thin
from longshelf.validation.view import View

__all__ = ["ThinUser"]


@dataclass(frozen=True, kw_only=True)
class ThinUser(Check):
    """A user has fewer interactions than a split and a profile need.

    Parameters
    ----------
    k : int >= 1, default 5
        Fewest rows a user should have, over all parts.
    """

    code: ClassVar[str] = "LS023"
    title: ClassVar[str] = "user under k rows"
    advice: ClassVar[str] = (
        "Split by time, which asks no minimum of anybody, and read known and cold users apart; a "
        "k-core would drop them, and with them whom the results speak for."
    )
    k: int = 5

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"ThinUser's k must be at least 1, got {self.k}")

    def look(self, view: View) -> Finding:
        column = view.dataset.schema.user
        if not view.lists or column is None or view.dataset.schema.user is None:
            return self.skipped("needs a user and an item, and no label")
        small, all_of_them, rows = thin(view, column, self.k)
        if small == 0:
            return self.passed(f"every user has at least {self.k} rows")
        message = (
            f"{small:,} of {all_of_them:,} users have under {self.k} rows, "
            f"{len(rows):,} rows together"
        )
        return self.found(message, count=small, unit="users", rows=rows)
