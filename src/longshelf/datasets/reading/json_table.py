"""JSON lines and JSON: Polars where it can, else object by object with bad lines set aside."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from longshelf.datasets.reading.careful import rejected_frame
from longshelf.datasets.reading.wording import at, many
from longshelf.errors import InputError

__all__ = ["read_json", "read_json_lines"]


def read_json_lines(content: bytes) -> tuple[pl.DataFrame, list[str], pl.DataFrame]:
    """One object per line; keys may be missing, bad lines are set aside with their number."""
    if not content.strip():
        raise InputError("the file is empty; it needs one JSON object per line")
    try:
        frame = pl.read_ndjson(io.BytesIO(content), infer_schema_length=None)
        lines = sum(1 for line in content.splitlines() if line.strip())
        if frame.height == lines and not any(dtype.is_nested() for dtype in frame.dtypes):
            return frame, [], rejected_frame([])
    except pl.exceptions.PolarsError:
        pass
    objects, aside = [], []
    for number, line in enumerate(content.decode().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError) as error:
            aside.append((number, f"no JSON: {error}", line))
            continue
        if isinstance(parsed, Mapping):
            objects.append(parsed)
        else:
            aside.append((number, f"{type(parsed).__name__}, wanted an object", line))
    findings = []
    if aside:
        where = at([number for number, _, _ in aside])
        findings.append(f"{many(len(aside), 'line')} that hold no JSON object: set aside ({where})")
    if not objects:
        raise InputError("no line of the file is a JSON object; wanted one object per line")
    frame, said = _frame(objects)
    return frame, [*findings, *said], rejected_frame(aside)


def read_json(content: bytes) -> tuple[pl.DataFrame, list[str], pl.DataFrame]:
    """A list of objects, an object of columns, or an object holding one such list."""
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"the file is no JSON: {error}; for one object per line use the ending .jsonl"
        ) from error
    if isinstance(parsed, Mapping):
        lists = [value for value in parsed.values() if isinstance(value, list)]
        if len(lists) == 1 and all(isinstance(value, Mapping) for value in lists[0]):
            parsed = lists[0]
        elif lists and len(lists) == len(parsed) and len({len(value) for value in lists}) == 1:
            parsed = [dict(zip(parsed, row, strict=True)) for row in zip(*lists, strict=True)]
    if not isinstance(parsed, list) or not parsed:
        raise InputError("the JSON holds no list of objects; wanted [{...}, {...}]")
    objects = [value for value in parsed if isinstance(value, Mapping)]
    aside = [
        (k, f"{type(value).__name__}, wanted an object", json.dumps(value))
        for k, value in enumerate(parsed, start=1)
        if not isinstance(value, Mapping)
    ]
    if not objects:
        raise InputError("the JSON list holds no object; wanted [{...}, {...}]")
    frame, findings = _frame(objects)
    if aside:
        where = at([number for number, _, _ in aside])
        findings.append(
            f"{many(len(aside), 'value')} in the list that are no object: set aside ({where})"
        )
    return frame, findings, rejected_frame(aside)


def _frame(objects: list[Mapping[str, Any]]) -> tuple[pl.DataFrame, list[str]]:
    keys = list(dict.fromkeys(key for entry in objects for key in entry))
    ragged = sum(len(entry) < len(keys) for entry in objects)
    nested = [
        key for key in keys if any(isinstance(entry.get(key), list | dict) for entry in objects)
    ]
    columns = {key: _column([entry.get(key) for entry in objects]) for key in keys}
    findings = []
    if ragged:
        findings.append(
            f"{many(ragged, 'object')} without some of the {len(keys)} keys: taken as missing"
        )
    if nested:
        findings.append(f"nested values kept as JSON text: {', '.join(map(repr, nested))}")
    return pl.DataFrame(columns), findings


def _column(values: list[Any]) -> pl.Series:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int, float} or kinds == {bool}:
        try:
            return pl.Series(values, dtype=pl.Float64 if float in kinds else None, strict=False)
        except (OverflowError, pl.exceptions.PolarsError):
            pass
    return pl.Series([_shown(value) for value in values], dtype=pl.String)


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
