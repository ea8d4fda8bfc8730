"""Broken lines: parsed one by one, kept where their meaning is plain, else set aside."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.datasets.reading.names import free_text
from longshelf.datasets.reading.wording import at, many

__all__ = ["REJECTED", "Record", "Repair", "records", "rejected_frame", "repaired"]

Record = tuple[int, str, list[str]]
REJECTED = {"line": pl.Int64, "reason": pl.String, "content": pl.String}
LOOK_AHEAD = 100


@dataclass(frozen=True)
class Repair:
    """Broken lines after repair: the rows that were saved, and the lines that were not."""

    rows: list[list[str]]
    lines: NDArray[np.int64]
    rejected: pl.DataFrame
    findings: list[str]


def rejected_frame(rows: Sequence[tuple[int, str, str]]) -> pl.DataFrame:
    """Lines set aside: their number, why, and what they say."""
    return pl.DataFrame(list(rows), schema=REJECTED, orient="row")


def records(text: str, separator: str) -> tuple[list[Record], list[int]]:
    """Line number, text and fields of every record, and the lines whose quote never closes.

    A quote inside a field is a letter. So is one that opens a field and is not closed properly
    within 100 lines, or only by swallowing lines that would have been whole.
    """
    csv.field_size_limit(2**31 - 1)
    lines = text.replace("\r\n", "\n").split("\n")
    found: list[Record] = []
    unclosed, k, width = [], 0, 0
    while k < len(lines):
        line, used = lines[k], 1
        if '"' in line:
            parsed = _closed(lines, k, separator, width)
            if parsed is None:
                unclosed.append(k + 1)
            line, fields, used = parsed or (line, line.split(separator), 1)
        else:
            fields = line.split(separator)
        if line:
            found.append((k + 1, line, fields))
            width = width or len(fields)
        k += used
    return found, unclosed


def _closed(
    lines: list[str], k: int, separator: str, width: int
) -> tuple[str, list[str], int] | None:
    """The record that starts on line k: text, fields, lines used; None if it never closes."""
    for used in range(1, min(LOOK_AHEAD, len(lines) - k) + 1):
        record = [f"{line}\n" for line in lines[k : k + used]]
        record[-1] = record[-1][:-1]
        try:
            fields = next(csv.reader(record, delimiter=separator, strict=True))
        except csv.Error as error:
            if "unexpected end" in str(error):
                continue
            if used > 1:
                return None
            fields = next(csv.reader(record, delimiter=separator))
        if used > 1 and width and len(fields) != width:
            return None
        return "".join(record), fields, used
    return None


def repaired(broken: Sequence[Record], good: pl.DataFrame, separator: str) -> Repair:
    """Save the lines whose meaning is plain.

    Surplus fields that are empty are cut. Other surplus belongs to the only free-text column, if
    there is exactly one: its separators were not quoted. Everything else is set aside.
    """
    if not broken:
        return Repair([], np.zeros(0, dtype=np.int64), rejected_frame([]), [])
    width, text = good.width, free_text(good)
    trimmed: list[tuple[int, list[str]]] = []
    merged: list[tuple[int, list[str]]] = []
    aside: list[tuple[int, str, str]] = []
    for line, content, fields in broken:
        surplus = len(fields) - width
        if surplus > 0 and not any(field.strip() for field in fields[width:]):
            trimmed.append((line, fields[:width]))
        elif surplus > 0 and len(text) == 1 and width > 1:
            at = text[0]
            joint = separator.join(fields[at : at + surplus + 1])
            merged.append((line, [*fields[:at], joint, *fields[at + surplus + 1 :]]))
        else:
            aside.append((line, f"{len(fields)} fields, wanted {width}", content))
    kept = sorted(trimmed + merged)
    return Repair(
        rows=[fields for _, fields in kept],
        lines=np.array([line for line, _ in kept], dtype=np.int64),
        rejected=rejected_frame(aside),
        findings=_said(trimmed, merged, aside, good.columns[text[0]] if text else ""),
    )


def _said(
    trimmed: Sequence[tuple[int, list[str]]],
    merged: Sequence[tuple[int, list[str]]],
    aside: Sequence[tuple[int, str, str]],
    column: str,
) -> list[str]:
    findings = []
    if trimmed:
        where = at([line for line, _ in trimmed])
        findings.append(
            f"{many(len(trimmed), 'line')} ending in empty surplus fields: cut ({where})"
        )
    if merged:
        where = at([line for line, _ in merged])
        findings.append(
            f"{many(len(merged), 'line')} with unquoted separators: surplus fields joined into "
            f"{column!r} ({where})"
        )
    if aside:
        where = at([line for line, _, _ in aside])
        findings.append(
            f"{many(len(aside), 'line')} with the wrong number of fields: set aside ({where})"
        )
    return findings
