"""One class under two spellings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.validation.check import Check, Finding
from longshelf.validation.checks.naming import some
from longshelf.validation.view import View, normalised

__all__ = ["LabelVariants"]


@dataclass(frozen=True, kw_only=True)
class LabelVariants(Check):
    """Labels that differ only in case, spaces, hyphens or full- and half-width letters."""

    code: ClassVar[str] = "LS019"
    title: ClassVar[str] = "one class, several spellings"
    advice: ClassVar[str] = "Write each class one way; the rarer spelling makes a false tail class."

    def look(self, view: View) -> Finding:
        if view.label is None:
            return self.skipped("the schema names no label")
        folded = normalised("label").str.replace_all(r"[\s_\-]+", "")
        named = view.counts.with_columns(folded=folded)
        several = named.filter(pl.len().over("folded") > 1)
        if several.height == 0:
            return self.passed("no two classes are spelled alike")
        pairs = several.group_by("folded", maintain_order=True).agg("label")["label"].to_list()
        message = f"likely one class each: {some([' / '.join(names) for names in pairs])}"
        rows = view.labels.is_in(several["label"].to_list()).fill_null(False).arg_true().to_numpy()
        return self.found(message, count=several.height, unit="classes", rows=rows)
