"""A test row the model has already seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.validation.check import Check, Finding, Status
from longshelf.validation.view import View

__all__ = ["DuplicateAcrossParts"]


@dataclass(frozen=True, kw_only=True)
class DuplicateAcrossParts(Check):
    """Equal inputs, text normalised, in more than one part of the split.

    Without a text column whole rows are compared, and the finding is a WARN: two events may be
    equal in every column.
    """

    code: ClassVar[str] = "LS006"
    title: ClassVar[str] = "duplicate rows across splits"
    severity: ClassVar[Status] = "FAIL"
    advice: ClassVar[str] = (
        "Split again with equal rows kept on one side; the scores are too high as they are."
    )

    def look(self, view: View) -> Finding:
        if len(view.parts) < 2:
            return self.skipped("the data are not split yet")
        schema = view.dataset.schema
        if not schema.inputs or view.lists:
            return self.skipped("needs an input, and rows that are no interactions or judgements")
        member = view.membership.with_columns(key=view.keys[view.membership["position"]])
        member = member.drop_nulls("key")
        spread = member.group_by("key").agg(pl.col("part").n_unique().alias("parts"))
        spread = spread.filter(pl.col("parts") > 1)
        crossing = member.filter(pl.col("part") != view.first_part).join(
            spread, on="key", how="semi"
        )
        rows = np.unique(crossing["position"].to_numpy())
        if len(rows) == 0:
            return self.passed("no inputs are shared by two parts")
        outside = len(np.unique(view.train_and_rest()[1]))
        message = (
            f"{len(rows):,} of {outside:,} rows outside {view.first_part!r} are in another part"
        )
        status = self.severity if schema.text else "WARN"
        return self.found(message, count=len(rows), rows=rows, status=status)
