"""Column names: is there a header, are they unique, and which columns hold free text."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from longshelf.datasets.reading.wording import many

__all__ = ["columns_of", "free_text", "unique_names"]


def columns_of(
    cells: Sequence[str], header: bool | None, named: frozenset[str]
) -> tuple[list[str], bool, list[str]]:
    """Column names, whether the first line is a header, and what was decided.

    Examples
    --------
    >>> columns_of(["red shoe", "12.5"], None, frozenset())[0]
    ['column_1', 'column_2']
    """
    cells = [cell.strip() for cell in cells]
    if header is None:
        header = bool(named & set(cells)) or not any(map(_is_number, cells))
    if header:
        names, findings = unique_names(cells)
        return names, True, findings
    names = [f"column_{k}" for k in range(1, len(cells) + 1)]
    return (
        names,
        False,
        [
            f"no header line: columns are called {names[0]} to {names[-1]} (a cell of the first line "
            "is a number)"
        ],
    )


def unique_names(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names with repeats numbered and gaps filled.

    Examples
    --------
    >>> unique_names(["a", "a", ""])[0]
    ['a', 'a_2', 'column_3']
    """
    names: list[str] = []
    repeated, empty = [], 0
    for k, cell in enumerate(cells, start=1):
        name = cell or f"column_{k}"
        empty += not cell
        if name in names:
            repeated.append(name)
            count = 2
            while f"{name}_{count}" in names or f"{name}_{count}" in cells:
                count += 1
            name = f"{name}_{count}"
        names.append(name)
    findings = []
    if repeated:
        findings.append(
            f"column names that occur twice: {', '.join(map(repr, repeated))}; the later ones are "
            "numbered"
        )
    if empty:
        findings.append(f"{many(empty, 'column')} without a name: called column_ and the position")
    return names, findings


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.lower() not in ("nan", "inf", "infinity")


def free_text(frame: pl.DataFrame, sample: int = 1000) -> list[int]:
    """Positions of columns that read like text.

    A column is text when its first 1,000 values have on average three words or 30 characters
    (six if they are mostly Chinese, Japanese or Korean), and at least 30% are distinct.
    """
    found = []
    head = frame.head(sample)
    for k, column in enumerate(head):
        if column.dtype != pl.String or not (values := column.drop_nulls()).len():
            continue
        cjk = values.str.contains(r"[\p{Han}\p{Hiragana}\p{Hangul}]").mean()
        words = values.str.count_matches(r"\S+").mean()
        length = values.str.len_chars().mean()
        if values.n_unique() < 0.3 * values.len():
            continue
        if _at_least(words, 3) or _at_least(length, 6 if _at_least(cjk, 0.5) else 30):
            found.append(k)
    return found


def _at_least(value: object, limit: float) -> bool:
    return isinstance(value, int | float) and value >= limit
