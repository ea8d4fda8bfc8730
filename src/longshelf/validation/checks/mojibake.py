"""Text read in the wrong encoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.validation.check import Check, Finding
from longshelf.validation.view import View

__all__ = ["Mojibake"]

REPLACEMENT = "\ufffd"
UTF8_AS_LATIN = (
    r"[\u00c2\u00c3\u00c5][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192"
    r"\u02c6\u02dc\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]"
)
UTF8_PUNCTUATION = "\u00e2(\u20ac|\u0080|\u201e|\u0084)"
UTF8_CHINESE_AS_LATIN = r"([\u00e4-\u00e9][\u0080-\u00bf\u2018-\u203a]{2}){2}"
GBK_AGAIN = "\u951f\u65a4\u62f7|\u70eb\u70eb\u70eb|\u5c6f\u5c6f\u5c6f"
CONTROL = r"[\u0080-\u0084\u0086-\u009f]"
PATTERN = "|".join(
    (REPLACEMENT, UTF8_AS_LATIN, UTF8_PUNCTUATION, UTF8_CHINESE_AS_LATIN, GBK_AGAIN, CONTROL)
)


@dataclass(frozen=True, kw_only=True)
class Mojibake(Check):
    """Text, categories or labels show the marks of a wrong encoding.

    Looked for: the replacement character, UTF-8 read as Latin-1 or Windows-1252, UTF-8 read as
    GBK and saved again, control characters of the C1 range.
    """

    code: ClassVar[str] = "LS018"
    title: ClassVar[str] = "encoding broken"
    advice: ClassVar[str] = (
        "Read the file again in its own encoding (UTF-8, GB18030 or Latin-1); "
        "repairing letters afterwards loses some."
    )

    def look(self, view: View) -> Finding:
        schema = view.dataset.schema
        named = dict.fromkeys((*schema.text, *schema.categorical, *schema.group, *schema.label))
        columns = [name for name in named if view.rows[name].dtype == pl.String]
        if not columns:
            return self.skipped("no column of text")
        broken = pl.any_horizontal(pl.col(columns).str.contains(PATTERN)).fill_null(False)
        rows = view.rows.select(broken.alias("broken"))["broken"].arg_true().to_numpy()
        if len(rows) == 0:
            return self.passed("no mark of a wrong encoding")
        message = f"{len(rows):,} of {view.rows.height:,} rows show a wrong encoding"
        return self.found(message, count=len(rows), rows=rows)
