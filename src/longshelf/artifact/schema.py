"""What a row must look like: a JSON Schema for programs, the same rules for data frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from longshelf.errors import InputError, unknown
from longshelf.tables import Schema

__all__ = ["checked", "frame_of", "schema_of"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

TYPES: Mapping[str, Any] = {
    "string": pl.String, "integer": pl.Int64, "number": pl.Float64, "boolean": pl.Boolean,
}  # fmt: skip


def schema_of(inputs: pl.DataFrame, roles: Schema, columns: Sequence[str]) -> dict[str, Any]:
    """The schema of one row that a model reads.

    A column may be null only where the data it was learned from had gaps in it.

    Parameters
    ----------
    inputs : polars.DataFrame
        The rows of the data set.
    roles : Schema
        Which column is text, category or number.
    columns : sequence of str
        Those the model reads.
    """
    properties = {}
    for name in columns:
        kind = _type(inputs[name].dtype, numeric=name in roles.numeric)
        gaps = inputs[name].null_count() > 0
        properties[name] = {
            "type": [kind, "null"] if gaps else kind,
            "description": _role(roles, name),
        }
    return {
        "$schema": DIALECT,
        "title": "One row",
        "type": "object",
        "properties": properties,
        "required": list(columns),
        "additionalProperties": False,
    }


def _type(dtype: pl.DataType, *, numeric: bool) -> str:
    if numeric or dtype.is_float() or dtype.is_decimal():
        return "number"
    if dtype.is_integer():
        return "integer"
    return "boolean" if dtype == pl.Boolean else "string"


def _role(roles: Schema, name: str) -> str:
    if name in roles.text:
        return "text"
    return "number" if name in roles.numeric else "category"


def _of(schema: Mapping[str, Any], name: str) -> tuple[str, bool]:
    """Type of a column, and whether it may be null."""
    kind = schema["properties"][name]["type"]
    return (kind[0], True) if isinstance(kind, list) else (kind, False)


def checked(rows: pl.DataFrame, schema: Mapping[str, Any]) -> pl.DataFrame:
    """The rows a model reads, if they are as the schema says; one type a column.

    Raises
    ------
    InputError
        Unknown or missing columns, another type, gaps the model never met, no rows.
    """
    allowed = list(schema["properties"])
    for name in rows.columns:
        if name not in allowed:
            raise unknown("column", name, allowed)
    absent = [name for name in schema["required"] if name not in rows.columns]
    if absent:
        raise InputError(f"the rows lack {', '.join(absent)}; needed are {', '.join(allowed)}")
    if rows.height == 0:
        raise InputError("there are no rows to classify")
    return pl.DataFrame([_column(rows[name], *_of(schema, name)) for name in allowed])


def _column(held: pl.Series, kind: str, gaps: bool) -> pl.Series:
    if not _fits(held.dtype, kind):
        raise InputError(f"column {held.name!r} must hold a {kind} a row, got {held.dtype}")
    column = held.cast(TYPES[kind])
    if kind == "number":
        column = column.fill_nan(None)
        if (found := column.is_infinite().fill_null(value=False)).any():
            raise InputError(f"column {held.name!r} is infinite in row {found.arg_true()[0]}")
    if column.null_count() and not gaps:
        raise InputError(
            f"column {held.name!r} is null in {column.null_count()} of {len(column)} rows, first in "
            f"row {column.is_null().arg_true()[0]}; the model never met a gap there"
        )
    return column


def _fits(dtype: pl.DataType, kind: str) -> bool:
    if dtype == pl.Null:
        return True
    if kind == "string":
        return dtype in (pl.String, pl.Categorical, pl.Enum)
    if kind == "boolean":
        return dtype == pl.Boolean
    return dtype.is_integer() or (kind == "number" and (dtype.is_float() or dtype.is_decimal()))


def frame_of(records: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> pl.DataFrame:
    """Rows that came as JSON objects, as a data frame of the schema's types.

    Raises
    ------
    InputError
        If one has an unknown key, lacks one, or holds another type, with its number.
    """
    allowed = list(schema["properties"])
    for at, record in enumerate(records):
        for name in record:
            if name not in allowed:
                raise unknown(f"key of row {at}", name, allowed)
        for name in allowed:
            _check_value(record, name, *_of(schema, name), at)
    columns = {name: [record[name] for record in records] for name in allowed}
    types = {name: TYPES[_of(schema, name)[0]] for name in allowed}
    try:
        return pl.DataFrame(columns, schema=types)
    except (TypeError, OverflowError, pl.exceptions.PolarsError) as error:
        raise InputError(f"the rows cannot be read: {error}") from error


PYTHON: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
}  # fmt: skip


def _check_value(record: Mapping[str, Any], name: str, kind: str, gaps: bool, at: int) -> None:
    if name not in record:
        raise InputError(f"row {at} lacks {name!r}")
    value = record[name]
    if value is None:
        if not gaps:
            raise InputError(f"{name!r} of row {at} is null; the model never met a gap there")
        return
    wrong = isinstance(value, bool) and kind != "boolean"
    if wrong or not isinstance(value, PYTHON[kind]):
        got = type(value).__name__
        raise InputError(f"{name!r} of row {at} must be a {kind}, got a {got}")
