"""Inputs that say nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from longshelf.validation.check import Check, Finding
from longshelf.validation.checks.naming import some
from longshelf.validation.view import View

__all__ = ["ConstantColumn"]


@dataclass(frozen=True, kw_only=True)
class ConstantColumn(Check):
    """An input or group column has one value, or none, in all rows."""

    code: ClassVar[str] = "LS013"
    title: ClassVar[str] = "constant column"
    advice: ClassVar[str] = "Take the column out of the schema; it costs time and says nothing."

    def look(self, view: View) -> Finding:
        schema = view.dataset.schema
        columns = [name for name in (*schema.inputs, *schema.group) if name != view.label]
        if not columns or view.rows.height < 2:
            return self.skipped("needs an input or a group, and two rows")
        constant = [name for name in dict.fromkeys(columns) if view.rows[name].n_unique() == 1]
        if not constant:
            return self.passed("every input and group varies")
        return self.found(f"always the same: {some(constant)}", count=len(constant), unit="columns")
