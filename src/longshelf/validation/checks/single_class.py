"""Nothing to tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from longshelf.validation.check import Check, Finding, Status
from longshelf.validation.view import View

__all__ = ["SingleClass"]


@dataclass(frozen=True, kw_only=True)
class SingleClass(Check):
    """All labelled rows are of one class, or none is labelled."""

    code: ClassVar[str] = "LS002"
    title: ClassVar[str] = "only one class"
    severity: ClassVar[Status] = "FAIL"
    advice: ClassVar[str] = "Check the label column and any filter before it; add rows of others."

    def look(self, view: View) -> Finding:
        if view.label is None:
            return self.skipped("the schema names no label")
        classes, labelled = view.counts.height, int(view.counts["len"].sum())
        if classes > 1:
            return self.passed(f"{classes:,} classes")
        if classes == 0:
            return self.found("no row is labelled", count=1, unit="classes")
        only = view.counts["label"][0]
        message = f"all {labelled:,} labelled rows are of class {only!r}"
        return self.found(message, count=1, unit="classes")
