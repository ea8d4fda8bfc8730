"""One interaction logged twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.validation.check import Check, Finding
from longshelf.validation.view import View

__all__ = ["DuplicateInteraction"]


@dataclass(frozen=True, kw_only=True)
class DuplicateInteraction(Check):
    """A row repeats the user or query, the item and the instant of an earlier one.

    Without a time every repeated pair counts, since nothing tells coming back from logging twice.
    """

    code: ClassVar[str] = "LS022"
    title: ClassVar[str] = "interaction logged twice"
    advice: ClassVar[str] = (
        "Drop the repeats, or give them a time; they weigh twice in training and, of users, are "
        "left out of lists as known."
    )

    def look(self, view: View) -> Finding:
        if not view.lists:
            return self.skipped("needs an item for a user or a query, and no label")
        schema = view.dataset.schema
        columns = [name for name in (view.source, schema.item, schema.time) if name]
        repeats = view.rows.select(~pl.struct(columns).is_first_distinct()).to_series().arg_true()
        when = "at one instant" if schema.time else "and there is no time"
        if len(repeats) == 0:
            return self.passed(f"no pair of {view.source!r} and {schema.item!r} stands twice")
        message = (
            f"{len(repeats):,} of {view.rows.height:,} rows repeat an earlier pair of "
            f"{view.source!r} and {schema.item!r}, {when}"
        )
        return self.found(message, count=len(repeats), rows=repeats.to_numpy())
