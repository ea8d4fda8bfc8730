"""Classes without a row to learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.validation.check import Check, Finding
from longshelf.validation.checks.naming import some
from longshelf.validation.view import View

__all__ = ["EmptyClass"]


@dataclass(frozen=True, kw_only=True)
class EmptyClass(Check):
    """A class of the targets table has no row, or a class of a test part has no training row."""

    code: ClassVar[str] = "LS003"
    title: ClassVar[str] = "empty class"
    advice: ClassVar[str] = (
        "Add rows, merge the class into its parent, or leave it out of the targets; "
        "no model can say a class it never saw."
    )

    def look(self, view: View) -> Finding:
        if view.label is None:
            return self.skipped("the schema names no label")
        declared, unseen = self._declared(view), self._unseen(view)
        names = list(dict.fromkeys([*declared, *unseen]))
        if not names:
            return self.passed("every class has rows to learn from")
        message = f"no row to learn from: {some(names)}"
        rows = view.labels.is_in(unseen).arg_true().to_numpy() if unseen else ()
        return self.found(message, count=len(names), unit="classes", rows=rows)

    def _declared(self, view: View) -> list[str]:
        """Classes the targets table names and no row has."""
        targets, schema = view.dataset.targets, view.dataset.schema
        if targets is None or view.label not in schema.label[:1] or schema.item:
            return []
        names = targets.to_series(0).cast(pl.String).unique(maintain_order=True)
        return names.filter(~names.is_in(view.counts["label"].to_list())).to_list()

    def _unseen(self, view: View) -> list[str]:
        """Classes of other parts that the training part lacks."""
        if len(view.parts) < 2:
            return []
        train, rest = view.train_and_rest()
        seen = view.labels[train].drop_nulls().unique().to_list()
        held = view.labels[rest].drop_nulls().unique().sort()
        return held.filter(~held.is_in(seen)).to_list()
