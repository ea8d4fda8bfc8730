"""Inputs that name the row instead of describing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.errors import InputError
from longshelf.validation.check import Check, Finding
from longshelf.validation.checks.naming import some
from longshelf.validation.view import View

__all__ = ["IdentifierInput"]


@dataclass(frozen=True, kw_only=True)
class IdentifierInput(Check):
    """A categorical or whole-number input has a different value in nearly every row.

    Parameters
    ----------
    share : float in (0, 1], default 0.95
        Distinct values per row from which a column counts as an id.
    least : int >= 2, default 50
        Rows below which nothing is said.
    """

    code: ClassVar[str] = "LS014"
    title: ClassVar[str] = "id-like input column"
    advice: ClassVar[str] = (
        "Give the column the id role or leave it out; a model can only memorise it."
    )
    share: float = 0.95
    least: int = 50

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InputError(f"IdentifierInput's share must lie in (0, 1], got {self.share}")

    def look(self, view: View) -> Finding:
        schema = view.dataset.schema
        named = dict.fromkeys((*schema.categorical, *schema.numeric))
        columns = [name for name in named if not view.rows[name].dtype.is_float()]
        if not columns or view.rows.height < self.least:
            return self.skipped(f"needs categorical or whole-number inputs and {self.least} rows")
        like = [name for name in columns if self._is_id(view.rows[name])]
        if not like:
            return self.passed("no input is different in nearly every row")
        return self.found(f"as good as an id: {some(like)}", count=len(like), unit="columns")

    def _is_id(self, column: pl.Series) -> bool:
        known = column.drop_nulls()
        return len(known) >= self.least and known.n_unique() >= self.share * len(known)
