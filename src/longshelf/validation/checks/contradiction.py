"""Equal inputs that are labelled differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.validation.check import Check, Finding
from longshelf.validation.view import View

__all__ = ["Contradiction"]


@dataclass(frozen=True, kw_only=True)
class Contradiction(Check):
    """Rows with equal inputs, text normalised, and different labels; at most one can be right.

    Without a text column the check is skipped: equal sessions may end differently.
    """

    code: ClassVar[str] = "LS007"
    title: ClassVar[str] = "same text, different labels"
    advice: ClassVar[str] = (
        "Settle the labels of these rows, or accept that no model can exceed the accuracy stated."
    )

    def look(self, view: View) -> Finding:
        if view.label is None or not view.dataset.schema.text:
            return self.skipped("needs a label and a text column")
        frame = pl.DataFrame({"key": view.keys, "label": view.labels}).with_row_index("position")
        frame = frame.drop_nulls()
        torn = frame.group_by("key").agg(labels=pl.col("label").n_unique())
        rows = frame.join(torn.filter(pl.col("labels") > 1), on="key", how="semi")
        if rows.height == 0:
            return self.passed("equal inputs have equal labels")
        best = rows.group_by("key", "label").len().group_by("key").agg(pl.col("len").max())
        lost = rows.height - int(best["len"].sum())
        ceiling = 1 - lost / frame.height
        message = f"{rows.height:,} rows share their inputs with a row of another label; "
        message += f"accuracy cannot exceed {ceiling:.4f} on these data"
        return self.found(message, count=rows.height, rows=rows["position"].sort().to_numpy())
