"""Columns of text, joined to one text per row."""

from __future__ import annotations

import polars as pl

from longshelf.errors import NotApplicable
from longshelf.prepare.words import WORD, Language, language_of, words_in, words_of
from longshelf.tables import Rows, Schema

__all__ = [
    "WORD",
    "Language",
    "language_of",
    "text_columns",
    "text_of",
    "words_in",
    "words_of",
]


def text_columns(schema: Schema, asked_by: str) -> tuple[str, ...]:
    """The text columns of the data.

    Raises
    ------
    NotApplicable
        If there are none.
    """
    if not schema.text:
        raise NotApplicable(
            f"{asked_by} reads text, and these data name no text column; "
            f"inputs are: {', '.join(schema.inputs) or 'none'}. Use tabular, or name a text column"
        )
    return schema.text


def text_of(rows: Rows, columns: tuple[str, ...]) -> pl.Series:
    """One text per row, its columns joined by a space, missing ones skipped; n strings."""
    parts = [pl.col(column).cast(pl.String) for column in columns]
    if len(parts) == 1:
        joined = parts[0].fill_null("")
    else:
        joined = pl.concat_str(parts, separator=" ", ignore_nulls=True)
    return rows.inputs.select(joined.alias("text")).to_series()
