"""Rows nobody labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from longshelf.validation.check import Check, Finding, Status
from longshelf.validation.view import View

__all__ = ["LabelMissing"]


@dataclass(frozen=True, kw_only=True)
class LabelMissing(Check):
    """The label is null, blank or not a number."""

    code: ClassVar[str] = "LS001"
    title: ClassVar[str] = "label missing"
    severity: ClassVar[Status] = "FAIL"
    advice: ClassVar[str] = "Drop these rows, or label them; a blank label is not a class."

    def look(self, view: View) -> Finding:
        if view.label is None:
            return self.skipped("the schema names no label")
        rows = view.labels.is_null().arg_true().to_numpy()
        if len(rows) == 0:
            return self.passed("every row has a label")
        message = f"{len(rows):,} of {view.rows.height:,} rows have no {view.label!r}"
        return self.found(message, count=len(rows), rows=rows)
