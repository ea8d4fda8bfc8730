"""Learning from the future."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.tables import IntArray
from longshelf.validation.check import Check, Finding, Status
from longshelf.validation.view import View

__all__ = ["TimeOrder"]


@dataclass(frozen=True, kw_only=True)
class TimeOrder(Check):
    """A training row is later than the first row it is tested on, or a row has no time.

    Parts are read in the order train, valid, test, whatever order they are given in; parts of
    other names in the order given.
    """

    code: ClassVar[str] = "LS012"
    title: ClassVar[str] = "time order broken"
    severity: ClassVar[Status] = "FAIL"
    advice: ClassVar[str] = (
        "Split by time, or drop the time role if the model will never be asked about the future."
    )

    def look(self, view: View) -> Finding:
        column = view.dataset.schema.time
        if column is None:
            return self.skipped("the schema names no time")
        times = view.rows[column]
        missing = times.is_null().arg_true().to_numpy()
        if len(missing):
            message = f"{len(missing):,} rows have no {column!r}"
            return self.found(message, count=len(missing), rows=missing, status="WARN")
        if len(view.parts) < 2:
            return self.skipped("the data are not split yet")
        usual = {"train": 0, "valid": 1, "validation": 1, "test": 2}
        names = sorted(view.parts, key=lambda name: usual.get(name, 3))
        late = [
            self._later(times, view.parts[name], [view.parts[after] for after in names[i + 1 :]])
            for i, name in enumerate(names[:-1])
        ]
        rows = np.unique(np.concatenate(late))
        if len(rows) == 0:
            return self.passed(f"{' < '.join(names)} by {column!r}")
        message = f"{len(rows):,} rows are later than the first row of a part that follows theirs"
        return self.found(message, count=len(rows), rows=rows)

    @staticmethod
    def _later(times: pl.Series, own: IntArray, after: list[IntArray]) -> IntArray:
        following = np.concatenate(after)
        if len(following) == 0 or len(own) == 0:
            return np.zeros(0, dtype=np.int64)
        first = times[following].min()
        late: IntArray = own[np.asarray(times[own] > first)]
        return late
