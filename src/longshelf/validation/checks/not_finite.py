"""Numbers that are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.validation.check import Check, Finding, Status
from longshelf.validation.view import View

__all__ = ["NotFinite"]


@dataclass(frozen=True, kw_only=True)
class NotFinite(Check):
    """A numeric input, weight or time is infinite (FAIL) or not a number (WARN).

    Missing values (null) are not meant: imputation takes care of them.
    """

    code: ClassVar[str] = "LS016"
    title: ClassVar[str] = "infinite or not a number"
    severity: ClassVar[Status] = "FAIL"
    advice: ClassVar[str] = (
        "Replace infinities by a limit and NaN by a missing value, at the source if you can."
    )

    def look(self, view: View) -> Finding:
        schema = view.dataset.schema
        named = [*schema.numeric, *(name for name in (schema.weight, schema.time) if name)]
        columns = [name for name in dict.fromkeys(named) if view.rows[name].dtype.is_float()]
        if not columns:
            return self.skipped("no column of floating-point numbers")
        frame = view.rows.select(columns)
        infinite = frame.select(pl.all().is_infinite().sum()).row(0)
        absent = frame.select(pl.all().is_nan().sum()).row(0)
        seen = [
            f"{name!r} ({inf or 0:,} infinite, {nan or 0:,} NaN)"
            for name, inf, nan in zip(columns, infinite, absent, strict=True)
            if inf or nan
        ]
        if not seen:
            return self.passed("all numbers are finite")
        bad = pl.any_horizontal(pl.all().is_infinite() | pl.all().is_nan()).fill_null(False)
        rows = frame.select(bad.alias("bad"))["bad"].arg_true().to_numpy()
        status: Status = "FAIL" if any(infinite) else "WARN"
        return self.found(", ".join(seen), count=len(rows), rows=rows, status=status)
