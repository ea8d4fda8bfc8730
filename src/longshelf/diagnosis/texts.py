"""How long texts are, and how often they name their class."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from longshelf.validation import View
from longshelf.validation.view import normalised

__all__ = ["Texts", "names_class", "texts"]


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Length of one text column.

    Parameters
    ----------
    column : str
    empty : int
        Rows without a letter in it.
    median, p95, longest : int
        Letters of the rows that have text.
    words : int
        Median number of words between spaces; 1 for languages that write none.
    """

    column: str
    empty: int
    median: int
    p95: int
    longest: int
    words: int


def texts(view: View) -> tuple[Texts, ...]:
    """Measure every text column.

    Parameters
    ----------
    view : View
        The data.
    """
    return tuple(_measure(view, column) for column in view.dataset.schema.text)


def _measure(view: View, column: str) -> Texts:
    text = view.rows[column].cast(pl.String).str.strip_chars().alias("text").to_frame()
    full = text.filter(pl.col("text") != "")
    letters = pl.col("text").str.len_chars()
    median, p95, longest, words = full.select(
        letters.median().alias("median"),
        letters.quantile(0.95, "nearest").alias("p95"),
        letters.max().alias("longest"),
        (pl.col("text").str.count_matches(r"\s+") + 1).median().alias("words"),
    ).row(0)
    return Texts(
        column=column,
        empty=text.height - full.height,
        median=round(median or 0),
        p95=round(p95 or 0),
        longest=round(longest or 0),
        words=round(words or 0),
    )


def names_class(view: View) -> float | None:
    """Share of labelled rows whose text contains the name of their class.

    Both are normalised, and a final s of the name is taken off: "Red shirt" names *Shirts*.
    None without text, or where class names are not words: numbers, or yes and no.

    Parameters
    ----------
    view : View
        The data and their label.
    """
    names = view.counts.select(normalised("label").alias("name"))["name"]
    wordless = names.str.contains(r"^([\d.+\-]*|true|false|yes|no|[a-z])$")
    if not view.dataset.schema.text or bool(wordless.all()):
        return None
    frame = pl.DataFrame({"text": view.text, "label": view.labels}).drop_nulls("label")
    named = frame.with_columns(label=normalised("label").str.replace(r"(.)s$", "$1"))
    return float(
        named.select(pl.col("text").str.contains(pl.col("label"), literal=True).mean()).item()
    )
