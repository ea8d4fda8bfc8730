"""Groups too small to say anything about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.errors import InputError
from longshelf.validation.check import Check, Finding
from longshelf.validation.checks.naming import some
from longshelf.validation.view import View

__all__ = ["SmallGroup"]


@dataclass(frozen=True, kw_only=True)
class SmallGroup(Check):
    """A value of a group column has too few rows, in all or in a test part.

    Parameters
    ----------
    least : int >= 1, default 30
        Rows a group needs to be shown by itself in results; smaller ones are pooled as ``other``.
    """

    code: ClassVar[str] = "LS011"
    title: ClassVar[str] = "group too small"
    advice: ClassVar[str] = (
        "Merge small groups or gather rows of them; below the limit they are pooled as 'other'."
    )
    least: int = 30

    def __post_init__(self) -> None:
        if self.least < 1:
            raise InputError(f"SmallGroup's least must be at least 1, got {self.least}")

    def look(self, view: View) -> Finding:
        groups = view.dataset.schema.group
        if not groups:
            return self.skipped("the schema names no group")
        held = {name: rows for name, rows in view.parts.items() if name != view.first_part}
        places = {name: view.rows[rows] for name, rows in held.items()} or {"": view.rows}
        small = [
            (f"{column}={value}{f' in {part}' if part else ''} ({count})", column, value)
            for part, rows in places.items()
            for column in groups
            for value, count in self._small(rows, column)
        ]
        if not small:
            return self.passed(f"every group has at least {self.least} rows")
        message = f"under {self.least} rows: {some([name for name, _, _ in small])}"
        return self.found(message, count=len(small), unit="groups", rows=self._rows(view, small))

    def _small(self, rows: pl.DataFrame, column: str) -> list[tuple[object, int]]:
        named = rows.filter(pl.col(column).cast(pl.String).str.strip_chars() != "")
        counts = named.group_by(column).len()
        return counts.filter(pl.col("len") < self.least).sort("len", column).rows()

    @staticmethod
    def _rows(view: View, small: list[tuple[str, str, object]]) -> list[int]:
        hit = pl.lit(False)
        for column in dict.fromkeys(column for _, column, _ in small):
            values = [value for _, name, value in small if name == column]
            hit = hit | pl.col(column).is_in(values).fill_null(False)
        return view.rows.select(hit.alias("hit"))["hit"].arg_true().to_list()
