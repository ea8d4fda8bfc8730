"""From strings to numbers where every value is one; missing words become null."""

from __future__ import annotations

import polars as pl

from longshelf.datasets.reading.wording import many

__all__ = ["MISSING", "typed"]

MISSING = ("", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "NULL")
HUGE = 100_000


def typed(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Each column in its natural type, and what was met on the way.

    Strings are stripped; ``NA``, ``NaN``, ``null`` and the like become null. A column whose every
    value is a number becomes one, unless a value starts with a needless zero (``00123`` is a
    code). Text that looks like a formula stays text.
    """
    findings: list[str] = []
    columns, dropped, formulas, huge = [], [], 0, 0
    for column in frame:
        if column.dtype in (pl.Categorical, pl.Enum):
            column = column.cast(pl.String)
        if column.dtype == pl.String:
            column = _missing(column)
            formulas += int(column.str.starts_with("=").sum())
            huge += int((column.str.len_chars() > HUGE).sum())
            column = _number(column)
        elif column.dtype.is_decimal():
            column = column.cast(pl.Float64)
        elif column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
            dropped.append(column.name)
            continue
        if column.dtype.is_float():
            column = column.fill_nan(None)
        columns.append(column)
    if dropped:
        findings.append(f"columns of nested or binary values left out: {', '.join(dropped)}")
    if formulas:
        findings.append(
            f"{many(formulas, 'cell')} starting with '=': left as text, never evaluated"
        )
    if huge:
        findings.append(f"{many(huge, 'cell')} longer than {HUGE:,} characters: kept")
    return pl.DataFrame(columns), findings


def _missing(column: pl.Series) -> pl.Series:
    stripped = column.str.strip_chars()
    return stripped.set(stripped.is_in(MISSING), None)


def _number(column: pl.Series) -> pl.Series:
    if column.null_count() == column.len():
        return column
    sample = column.drop_nulls().head(100)
    if sample.cast(pl.Float64, strict=False).null_count():
        return column
    if bool(column.str.contains(r"^[+-]?0\d").any()):
        return column
    for dtype in (pl.Int64, pl.Float64):
        number = column.cast(dtype, strict=False)
        if number.null_count() == column.null_count():
            return number
    return column
