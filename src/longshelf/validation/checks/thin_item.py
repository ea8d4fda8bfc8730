"""Items of which little is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from longshelf.errors import InputError
from longshelf.validation.check import Check, Finding
from longshelf.validation.checks.thin import thin
from longshelf.validation.view import View

__all__ = ["ThinItem"]


@dataclass(frozen=True, kw_only=True)
class ThinItem(Check):
    """An item has fewer interactions than its neighbours can be told from.

    Parameters
    ----------
    k : int >= 1, default 5
        Fewest rows an item should have, over all parts.
    """

    code: ClassVar[str] = "LS024"
    title: ClassVar[str] = "item under k rows"
    advice: ClassVar[str] = (
        "Give items a text with --targets, so that models of text reach them; read the tail as a "
        "whole, never item by item."
    )
    k: int = 5

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"ThinItem's k must be at least 1, got {self.k}")

    def look(self, view: View) -> Finding:
        column = view.dataset.schema.item
        if not view.lists or column is None or view.dataset.schema.user is None:
            return self.skipped("needs a user and an item, and no label")
        small, all_of_them, rows = thin(view, column, self.k)
        if small == 0:
            return self.passed(f"every item has at least {self.k} rows")
        message = (
            f"{small:,} of {all_of_them:,} items have under {self.k} rows, "
            f"{len(rows):,} rows together"
        )
        return self.found(message, count=small, unit="items", rows=rows)
