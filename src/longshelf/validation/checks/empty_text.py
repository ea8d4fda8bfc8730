"""Rows without a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from longshelf.validation.check import Check, Finding
from longshelf.validation.view import View

__all__ = ["EmptyText"]


@dataclass(frozen=True, kw_only=True)
class EmptyText(Check):
    """Every text column of the row is missing or blank; FAIL where that is so in every row."""

    code: ClassVar[str] = "LS017"
    title: ClassVar[str] = "text empty"
    advice: ClassVar[str] = (
        "Fill the text from another column or drop the rows; they get the prior."
    )

    def look(self, view: View) -> Finding:
        if not view.dataset.schema.text:
            return self.skipped("the schema names no text")
        rows = (view.text.str.strip_chars() == "").arg_true().to_numpy()
        if len(rows) == 0:
            return self.passed("every row has text")
        message = f"{len(rows):,} of {view.rows.height:,} rows have no text"
        status = "FAIL" if len(rows) == view.rows.height else self.severity
        return self.found(message, count=len(rows), rows=rows, status=status)
