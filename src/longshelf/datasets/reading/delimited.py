"""CSV and TSV: whole files go to Polars, and only the lines that break the shape are looked at."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.datasets.reading.careful import Repair, records, repaired
from longshelf.datasets.reading.names import columns_of
from longshelf.datasets.reading.wording import at, many
from longshelf.errors import InputError

__all__ = ["read_delimited"]

SEPARATORS = ",\t;|"
NEWLINE, RETURN, QUOTE = 10, 13, 34


@dataclass(frozen=True)
class Layout:
    """Where each record lies and how many fields it has.

    Parameters
    ----------
    start, stop : (n,) int array
        Byte positions, line end excluded.
    fields : (n,) int array
        0 for a blank line.
    line : (n,) int array
        Number of the first line of the record, from 1.
    """

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    fields: NDArray[np.int64]
    line: NDArray[np.int64]


def read_delimited(
    content: bytes, *, tabs: bool, header: bool | None, named: frozenset[str]
) -> tuple[pl.DataFrame, list[str], pl.DataFrame]:
    """Read UTF-8 text into a frame of strings.

    Parameters
    ----------
    content : bytes
        The whole file.
    tabs : bool
        The file says it is tab-separated; otherwise the separator is found from the first line.
    header : bool or None
        Whether the first line names the columns; None decides: it does not if a cell is a number
        and none is a column the user named.
    named : frozenset of str
        Columns the user named.

    Returns
    -------
    frame, findings, rejected
        Columns of strings; what was decided; the lines set aside (line, reason, content).

    Raises
    ------
    InputError
        Nothing but a header, or nothing at all.
    """
    separator, findings = _separator(content, tabs)
    layout = _layout(content, separator)
    if layout is None:
        return _carefully(content, separator, header, named, findings)
    whole = layout.fields > 0
    if blank := int((~whole).sum()):
        findings.append(f"{many(blank, 'blank line')} skipped")
    top = int(np.argmax(whole))
    heading = _fields(content[layout.start[top] : layout.stop[top]], separator)
    names, has_header, said = columns_of(heading, header, named)
    findings += said
    whole[: top + has_header] = False
    good = whole & (layout.fields == len(names))
    frame = _polars(_joined(content, layout, good), separator, names)
    bad = np.flatnonzero(whole & ~good)
    broken = [
        (int(layout.line[k]), content[layout.start[k] : layout.stop[k]].decode()) for k in bad
    ]
    if frame.height != int(good.sum()):
        return _carefully(content, separator, header, named, findings)
    lines = layout.line[good]
    fixed = repaired([(n, t, _fields(t.encode(), separator)) for n, t in broken], frame, separator)
    return (*_merged(frame, lines, fixed, findings), fixed.rejected)


def _separator(content: bytes, tabs: bool) -> tuple[str, list[str]]:
    if not content.strip():
        raise InputError("the file is empty; it needs a header line and at least one row")
    if tabs:
        return "\t", []
    top = content.lstrip(b"\r\n").split(b"\n", 1)[0].decode()
    best = max(SEPARATORS, key=top.count)
    if not top.count(best) or best == ",":
        return ",", []
    return best, [f"separator: {'tab' if best == chr(9) else best!r}"]


def _layout(content: bytes, separator: str) -> Layout | None:
    """Records and their field counts, or None where quotes do not pair up as they should."""
    data = np.frombuffer(content, dtype=np.uint8)
    is_quote = data == QUOTE
    at_newline, at_separator = data == NEWLINE, data == ord(separator)
    if is_quote.any():
        if not _regular(data, np.flatnonzero(is_quote), ord(separator)):
            return None
        outside = ~np.bitwise_xor.accumulate(is_quote)
        ends = np.flatnonzero(at_newline & outside)
        at_separator &= outside
    else:
        ends = np.flatnonzero(at_newline)
    if not len(data) or data[-1] != NEWLINE:
        ends = np.append(ends, len(data))
    start = np.concatenate([[0], ends[:-1] + 1])
    stop = ends - ((ends > start) & (data[np.minimum(ends, len(data)) - 1] == RETURN))
    counts = np.searchsorted(np.flatnonzero(at_separator), np.stack([start, stop]))
    fields = np.where(stop > start, counts[1] - counts[0] + 1, 0)
    newlines = np.flatnonzero(at_newline) if is_quote.any() else ends
    line = np.searchsorted(newlines, start) + 1
    return Layout(start, stop, fields, line)


def _regular(data: NDArray[np.uint8], quotes: NDArray[np.int64], separator: int) -> bool:
    """Whether every quote opens at the start of a field or closes at its end."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    edges = np.array([separator, NEWLINE, QUOTE], dtype=np.uint8)
    before = data[opening[opening > 0] - 1]
    after = data[closing[closing < len(data) - 1] + 1]
    return bool(np.isin(before, edges).all() and np.isin(after, [*edges, RETURN]).all())


def _joined(content: bytes, layout: Layout, good: NDArray[np.bool_]) -> bytes:
    """The good records only; runs of them are cut out whole."""
    change = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    runs = zip(change[0::2], change[1::2] - 1, strict=True)
    return b"\n".join(content[layout.start[a] : layout.stop[b]] for a, b in runs)


def _polars(content: bytes, separator: str, names: list[str]) -> pl.DataFrame:
    if not content:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    return pl.read_csv(
        io.BytesIO(content),
        has_header=False,
        separator=separator,
        schema=dict.fromkeys(names, pl.String),
        truncate_ragged_lines=False,
    )


def _fields(record: bytes, separator: str) -> list[str]:
    csv.field_size_limit(2**31 - 1)
    return next(csv.reader(io.StringIO(record.decode(), newline=""), delimiter=separator), [])


def _merged(
    frame: pl.DataFrame, lines: NDArray[np.int64], fixed: Repair, findings: list[str]
) -> tuple[pl.DataFrame, list[str]]:
    findings = [*findings, *fixed.findings]
    if fixed.rows:
        extra = pl.DataFrame(fixed.rows, schema=frame.schema, orient="row")
        order = np.argsort(np.concatenate([lines, fixed.lines]), kind="stable")
        frame = pl.concat([frame, extra])[order]
    if not frame.height:
        raise InputError("the file has a header line but no usable row below it")
    return frame, findings


def _carefully(
    content: bytes, separator: str, header: bool | None, named: frozenset[str], findings: list[str]
) -> tuple[pl.DataFrame, list[str], pl.DataFrame]:
    """Line by line in Python, for files whose quotes are irregular."""
    parsed, unclosed = records(content.decode(), separator)
    if unclosed:
        findings.append(
            f"{many(len(unclosed), 'line')} with a quote that is never closed ({at(unclosed)}): "
            "taken as a letter"
        )
    heading = parsed[0][2]
    names, has_header, said = columns_of(heading, header, named)
    below = parsed[has_header:]
    good = [record for record in below if len(record[2]) == len(names)]
    columns = zip(*(fields for _, _, fields in good), strict=True) if good else ((),) * len(names)
    frame = pl.DataFrame(
        [
            pl.Series(name, column, dtype=pl.String)
            for name, column in zip(names, columns, strict=True)
        ]
    )
    fixed = repaired([record for record in below if len(record[2]) != len(names)], frame, separator)
    lines = np.array([line for line, _, _ in good], dtype=np.int64)
    return (*_merged(frame, lines, fixed, [*findings, *said]), fixed.rejected)
