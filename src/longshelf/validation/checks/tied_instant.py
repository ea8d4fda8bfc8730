"""Times that do not order what a user did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.errors import InputError
from longshelf.validation.check import Check, Finding
from longshelf.validation.view import View

__all__ = ["TiedInstant"]


@dataclass(frozen=True, kw_only=True)
class TiedInstant(Check):
    """Many rows share user and instant with a row of another item, so no order is known of them.

    Parameters
    ----------
    share : float in (0, 1], default 0.2
        Of the rows, from which it is said.
    """

    code: ClassVar[str] = "LS025"
    title: ClassVar[str] = "no order within an instant"
    advice: ClassVar[str] = (
        "Split by time, which keeps an instant on one side; a last item, and models of sequences, "
        "would follow the order of the file."
    )
    share: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InputError(f"TiedInstant's share must lie in (0, 1], got {self.share}")

    def look(self, view: View) -> Finding:
        schema = view.dataset.schema
        if not view.lists or schema.user is None or schema.time is None:
            return self.skipped("needs a user, an item and a time, and no label")
        item = pl.col(str(schema.item))
        several = item.n_unique().over(schema.user, schema.time) > 1
        known = pl.all_horizontal(pl.col(schema.user, schema.time).is_not_null())
        rows = view.rows.select((several & known).alias("tied"))["tied"].arg_true()
        share = len(rows) / view.rows.height
        message = f"{len(rows):,} rows ({share:.0%}) share user and {schema.time!r} with another"
        if share < self.share:
            return self.passed(message)
        return self.found(message, count=len(rows), rows=rows.to_numpy())
