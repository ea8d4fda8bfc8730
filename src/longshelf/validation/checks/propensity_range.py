"""Propensities that cannot be probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.validation.check import Check, Finding, Status
from longshelf.validation.view import View

__all__ = ["PropensityRange"]


@dataclass(frozen=True, kw_only=True)
class PropensityRange(Check):
    """A logged propensity is missing, not a number, or outside (0, 1]."""

    code: ClassVar[str] = "LS015"
    title: ClassVar[str] = "propensity outside (0, 1]"
    severity: ClassVar[Status] = "FAIL"
    advice: ClassVar[str] = (
        "Repair the log: a shown item had some chance to be shown, so 1/propensity must be finite."
    )

    def look(self, view: View) -> Finding:
        column = view.dataset.schema.propensity
        if column is None:
            return self.skipped("the schema names no propensity")
        values = view.rows[column].cast(pl.Float64, strict=False)
        inside = ((values > 0) & (values <= 1)).fill_null(False)
        rows = (~inside).arg_true().to_numpy()
        if len(rows) == 0:
            return self.passed(f"all in (0, 1], the least {float(values.to_numpy().min()):.3g}")
        message = f"{len(rows):,} rows have a {column!r} outside (0, 1] or none"
        return self.found(message, count=len(rows), rows=rows)
