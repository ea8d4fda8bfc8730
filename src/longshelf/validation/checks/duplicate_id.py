"""Ids that do not identify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from longshelf.validation.check import Check, Finding
from longshelf.validation.view import View

__all__ = ["DuplicateId"]


@dataclass(frozen=True, kw_only=True)
class DuplicateId(Check):
    """Two rows share an id, or a row has none."""

    code: ClassVar[str] = "LS021"
    title: ClassVar[str] = "id not unique"
    advice: ClassVar[str] = "Make the id unique, or give the column the document role instead."

    def look(self, view: View) -> Finding:
        column = view.dataset.schema.id
        if column is None:
            return self.skipped("the schema names no id")
        ids = view.rows[column]
        rows = (ids.is_null() | ids.is_duplicated()).arg_true().to_numpy()
        if len(rows) == 0:
            return self.passed("every row has its own id")
        message = f"{len(rows):,} rows share their {column!r} with another row or have none"
        return self.found(message, count=len(rows), rows=rows)
