"""The same row more than once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.validation.check import Check, Finding
from longshelf.validation.view import View

__all__ = ["DuplicateRows"]


@dataclass(frozen=True, kw_only=True)
class DuplicateRows(Check):
    """Rows equal in every column that has a role, the id set aside.

    Of interactions and judgements :class:`DuplicateInteraction` asks it.
    """

    code: ClassVar[str] = "LS005"
    title: ClassVar[str] = "duplicate rows"
    advice: ClassVar[str] = (
        "Drop the repeats, or keep them on one side of the split; they count twice in every score."
    )

    def look(self, view: View) -> Finding:
        if view.lists:
            return self.skipped("of interactions and judgements LS022 asks it")
        schema = view.dataset.schema
        columns = [name for name in schema.columns if name not in (schema.id, schema.weight)]
        if not columns:
            return self.skipped("the schema names no column besides the id")
        hashed = view.rows.select(key=pl.struct(columns).hash())
        repeats = hashed.select(~pl.col("key").is_first_distinct()).to_series().arg_true()
        if len(repeats) == 0:
            return self.passed("no row repeats another")
        message = f"{len(repeats):,} of {view.rows.height:,} rows repeat an earlier row"
        return self.found(message, count=len(repeats), rows=repeats.to_numpy())
