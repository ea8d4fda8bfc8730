"""Items that the item table does not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.validation.check import Check, Finding
from longshelf.validation.checks.naming import some
from longshelf.validation.view import View

__all__ = ["UnlistedItem"]


@dataclass(frozen=True, kw_only=True)
class UnlistedItem(Check):
    """A row's item stands in no row of the item table, or it stands there without a text."""

    code: ClassVar[str] = "LS027"
    title: ClassVar[str] = "item missing in the item table"
    advice: ClassVar[str] = (
        "Add these items, and their text, to the table; models of text cannot tell them apart."
    )

    def look(self, view: View) -> Finding:
        table, item = view.dataset.targets, view.dataset.schema.item
        if not view.lists or table is None:
            return self.skipped("needs a table of items, and no label")
        key = pl.first().cast(pl.String).alias("key")
        listed, bare = table.select(key)["key"], table.select(key).clear()["key"]
        if "text" in table.columns:
            empty = pl.col("text").cast(pl.String).fill_null("").str.strip_chars() == ""
            bare = table.filter(empty).select(key)["key"]
        met = view.rows[str(item)].cast(pl.String)
        unlisted = met.is_not_null() & ~met.is_in(listed.implode()).fill_null(False)
        wordless = met.is_in(bare.implode()).fill_null(False)
        rows = (unlisted | wordless).arg_true()
        if len(rows) == 0:
            return self.passed("every item stands in the item table")
        absent, mute = met.filter(unlisted).unique().sort(), met.filter(wordless).unique().sort()
        said = [
            f"{len(names):,} items {how}: {some(names.to_list())}"
            for names, how in ((absent, "not in the table"), (mute, "without text"))
            if len(names)
        ]
        count = len(absent) + len(mute)
        return self.found("; ".join(said), count=count, unit="items", rows=rows.to_numpy())
