"""One question about the data, with a code that never changes and a page that explains it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from longshelf.tables import IntArray
from longshelf.validation.view import View

__all__ = ["Check", "Finding", "Status"]

Status = Literal["PASS", "WARN", "FAIL", "SKIP"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check saw.

    Parameters
    ----------
    status : {"PASS", "WARN", "FAIL", "SKIP"}
        ``FAIL``: results would be wrong or impossible. ``WARN``: they would be weak.
        ``SKIP``: the data lack what the check needs; the message says what.
    message : str
        What was seen, with figures.
    count : int, default 0
        How many of ``unit`` offend.
    unit : str, default "rows"
    rows : iterable of int
        Positions of the offending rows, ascending; all of them, the caller caps.
    """

    status: Status
    message: str
    count: int = 0
    unit: str = "rows"
    rows: Iterable[int] | IntArray = ()


@dataclass(frozen=True, kw_only=True)
class Check:
    """Base of all checks: a code, a title, one sentence of advice, and :meth:`look`."""

    code: ClassVar[str] = ""
    title: ClassVar[str] = ""
    advice: ClassVar[str] = ""
    severity: ClassVar[Status] = "WARN"

    def look(self, view: View) -> Finding:
        """Look at the data and say what was seen."""
        raise NotImplementedError

    @property
    def page(self) -> str:
        """Where the documentation of this check lies."""
        return f"docs/checks/{self.code}.md"

    def passed(self, message: str) -> Finding:
        """Nothing found."""
        return Finding(status="PASS", message=message)

    def skipped(self, reason: str) -> Finding:
        """Nothing to look at."""
        return Finding(status="SKIP", message=reason)

    def found(
        self,
        message: str,
        *,
        count: int,
        unit: str = "rows",
        rows: Iterable[int] | IntArray = (),
        status: Status | None = None,
    ) -> Finding:
        """Something found, at the severity of this check unless another is given."""
        return Finding(
            status=status or self.severity, message=message, count=count, unit=unit, rows=rows
        )
