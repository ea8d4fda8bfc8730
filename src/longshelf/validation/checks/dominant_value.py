"""One user, query or item that is half the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.errors import InputError
from longshelf.validation.check import Check, Finding
from longshelf.validation.view import View

__all__ = ["DominantValue"]


@dataclass(frozen=True, kw_only=True)
class DominantValue(Check):
    """A single user, query or item holds a large share of the rows.

    Parameters
    ----------
    share : float in (0, 1], default 0.2
        From which it is said.
    least : int >= 2, default 50
        Rows below which nothing is said.
    """

    code: ClassVar[str] = "LS026"
    title: ClassVar[str] = "one user or item holds many rows"
    advice: ClassVar[str] = (
        "Look at it: a robot, a reseller, a test account or a placeholder id is no user; take it "
        "out before it teaches the model."
    )
    share: float = 0.2
    least: int = 50

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InputError(f"DominantValue's share must lie in (0, 1], got {self.share}")

    def look(self, view: View) -> Finding:
        if not view.lists or view.rows.height < self.least:
            return self.skipped(
                f"needs an item for a user or a query, no label, and {self.least} rows"
            )
        said, hit = [], pl.lit(False)
        for column in (view.source, str(view.dataset.schema.item)):
            sizes = view.rows.select(pl.col(column)).drop_nulls().group_by(column).len()
            value, count = sizes.sort("len", column, descending=[True, False]).row(0)
            held = count / view.rows.height
            if held >= self.share and sizes.height > 1:
                said.append(f"{column}={value} holds {count:,} rows ({held:.0%})")
                hit = hit | (pl.col(column) == value)
        if not said:
            return self.passed(f"no user, query or item holds {self.share:.0%} of the rows")
        rows = view.rows.select(hit.fill_null(False).alias("hit"))["hit"].arg_true().to_numpy()
        return self.found("; ".join(said), count=len(rows), rows=rows)
