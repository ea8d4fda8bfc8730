"""Clean text columns by named steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from longshelf.errors import InputError, unknown
from longshelf.prepare.characters import control, unicode, whitespace
from longshelf.prepare.html import html
from longshelf.prepare.units import units

__all__ = ["STEPS", "clean", "clean_text"]

Step = Callable[[pl.Series], pl.Series]

STEPS: Mapping[str, Step] = {
    "html": html,
    "control": control,
    "unicode": unicode,
    "units": units,
    "whitespace": whitespace,
}
"""Every step by the name a suite gives it, in the order in which they make sense."""

DEFAULT = ("html", "control", "unicode", "whitespace")

_PASSES = 10


def clean(
    frame: pl.DataFrame, columns: Sequence[str], steps: Sequence[str] = DEFAULT
) -> pl.DataFrame:
    """The frame with its text columns cleaned; a row's result depends on that row alone.

    Parameters
    ----------
    frame : polars.DataFrame
        Left as it is but for these columns.
    columns : sequence of str
        Text columns; missing values stay missing.
    steps : sequence of str, default ("html", "control", "unicode", "whitespace")
        Names from :data:`STEPS`, applied in this order.

    Raises
    ------
    InputError
        If a step or a column is unknown, or a column is not text.

    Examples
    --------
    >>> clean(pl.DataFrame({"t": ["<b>Ｍｉｌｋ</b> 1 L"]}), ["t"], ["html", "unicode", "units"])["t"][0]
    ' Milk 1000 ml'
    """
    for column in columns:
        if column not in frame.columns:
            raise unknown("column", column, frame.columns)
        if frame.schema[column] not in (pl.String, pl.Null):
            raise InputError(
                f"only text is cleaned; column {column!r} holds {frame.schema[column]}"
            )
    cleaned = [clean_text(frame[column].cast(pl.String), steps) for column in columns]
    return frame.with_columns(cleaned)


def clean_text(texts: pl.Series, steps: Sequence[str] = DEFAULT) -> pl.Series:
    """One text column cleaned.

    The steps are repeated on what they changed until nothing does: unfolding a full-width ``＜``
    can uncover a tag. So cleaning twice is cleaning once.
    """
    chosen = [_step(name) for name in steps]
    distinct = texts.unique(maintain_order=True).drop_nulls()
    done = _run(distinct, chosen)
    for _ in range(_PASSES):
        again = _run(done, chosen)
        if again.equals(done):
            break
        done = again
    return texts.replace_strict(distinct, done, return_dtype=pl.String)


def _step(name: str) -> Step:
    if name not in STEPS:
        raise unknown("cleaning step", name, STEPS)
    return STEPS[name]


def _run(texts: pl.Series, steps: Sequence[Step]) -> pl.Series:
    for step in steps:
        texts = step(texts)
    return texts
