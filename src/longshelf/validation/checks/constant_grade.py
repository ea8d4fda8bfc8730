"""Grades that grade nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from longshelf.validation.check import Check, Finding
from longshelf.validation.view import View

__all__ = ["ConstantGrade"]


@dataclass(frozen=True, kw_only=True)
class ConstantGrade(Check):
    """Every grade is the same: one above 0 orders nothing, 0 leaves nothing to find."""

    code: ClassVar[str] = "LS028"
    title: ClassVar[str] = "grades constant"
    advice: ClassVar[str] = (
        "Check the grade column; where only the relevant was kept, leave the role out and read "
        "the scores as of yes and no."
    )

    def look(self, view: View) -> Finding:
        column = view.dataset.schema.grade
        if not view.lists or column is None or view.rows.height < 2:
            return self.skipped("needs grades of at least two items, and no label")
        grades = view.rows[column].drop_nulls()
        if grades.n_unique() > 1:
            return self.passed(f"{grades.n_unique():,} grades")
        value = grades[0] if len(grades) else "missing"
        nothing = len(grades) == 0 or not grades[0]
        message = f"every {column!r} is {value}"
        return self.found(message, count=view.rows.height, status="FAIL" if nothing else "WARN")
