"""What is done about missing labels, repeats, empty texts and the like; each with its count."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from longshelf.datasets.reading.wording import at, many
from longshelf.errors import InputError
from longshelf.tables import Schema

__all__ = ["applied"]

VALUES = 20
LAYOUTS = (
    None, "%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%d %H:%M:%S%.f%:z", "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M",
)  # fmt: skip
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d/%m/%Y", "%d.%m.%Y", "%Y年%m月%d日")


def applied(frame: pl.DataFrame, schema: Schema) -> tuple[pl.DataFrame, Schema, list[str]]:
    """The frame a task can use, the roles that survived, and what was decided.

    Rows without a label are dropped. Missing text becomes empty, other missing values stay for
    the features to fill. Repeated rows and labels with one
    row are kept and counted. An id that repeats loses its role.

    Raises
    ------
    InputError
        No row with a label, or one class only; weights that are no numbers, below 0 or all 0.
    """
    findings: list[str] = []
    if schema.weight:
        frame = _weighed(frame, schema.weight)
    frame = _labelled(frame, schema, findings)
    frame = _timed(frame, schema, findings)
    repeated = frame.height - frame.hash_rows().n_unique()
    if repeated:
        findings.append(f"{many(repeated, 'row')} repeating an earlier one exactly: kept")
    _missing(frame, schema, findings)
    frame = frame.with_columns(pl.col(list(schema.text)).cast(pl.String).fill_null(""))
    if schema.text:
        empty = int(frame.select(pl.all_horizontal(pl.col(schema.text) == "")).to_series().sum())
        if empty:
            findings.append(f"{many(empty, 'row')} without any text: kept as empty text")
    if schema.id and (twice := frame.height - frame[schema.id].n_unique()):
        findings.append(f"{many(twice, 'row')} repeating a value of {schema.id!r}: not used as id")
        schema = replace(schema, id=None)
    return frame, schema, findings


def _weighed(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    weight = frame[name].cast(pl.Float64, strict=False)
    good = (weight.is_finite() & (weight >= 0)).fill_null(False)
    instead = (
        f"give every row a number from 0, or, where {name!r} describes the thing itself, name it "
        "among the inputs: numeric"
    )
    if not good.all():
        where = [row + 1 for row in good.not_().arg_true().to_list()]
        raise InputError(
            f"the row weights in {name!r} are no finite numbers from 0 in {many(len(where), 'row')} "
            f"({at(where).replace('line', 'row', 1)}; the first is {frame[name][where[0] - 1]!r}); "
            f"{instead}"
        )
    if not weight.sum() > 0:
        raise InputError(f"the row weights in {name!r} are 0 in every row; {instead}")
    return frame.with_columns(weight)


def _labelled(frame: pl.DataFrame, schema: Schema, findings: list[str]) -> pl.DataFrame:
    if not schema.label:
        return frame
    kept = frame.drop_nulls(list(schema.label))
    shown = " or ".join(schema.label)
    if not kept.height:
        raise InputError(f"no row has a value in the label {shown!r}")
    if kept.height < frame.height:
        findings.append(f"{many(frame.height - kept.height, 'row')} dropped: no {shown}")
    for label in schema.label:
        _classes(kept[label], findings)
    return kept


def _classes(label: pl.Series, findings: list[str]) -> None:
    counts = label.value_counts(name="rows")
    if counts.height == 1:
        raise InputError(
            f"the label {label.name!r} has one value only, {label[0]!r}: there is nothing to learn"
        )
    if label.dtype.is_float() or (label.dtype.is_integer() and counts.height > VALUES):
        findings.append(
            f"label {label.name!r} is a number with {counts.height:,} distinct values: a value to "
            "regress, unless it is a code"
        )
        return
    single = counts.filter(pl.col("rows") == 1)[label.name].cast(pl.String).sort().to_list()
    if single:
        shown = ", ".join(map(repr, single[:5])) + (" …" if len(single) > 5 else "")
        findings.append(
            f"{many(len(single), 'class')} of {label.name!r} with one row ({shown}): kept, to "
            "be trained on only"
        )
    if label.dtype == pl.String:
        folded = counts.height - counts[label.name].str.to_lowercase().n_unique()
        if folded:
            findings.append(
                f"{many(folded, 'class')} of {label.name!r} differing from another only in case: kept apart"
            )


def _missing(frame: pl.DataFrame, schema: Schema, findings: list[str]) -> None:
    named = [name for name in schema.columns if name not in schema.label]
    absent = {name: frame[name].null_count() for name in named}
    shown = [f"{name} {count:,}" for name, count in absent.items() if count]
    if shown:
        findings.append(
            f"missing values: {', '.join(shown)} (text becomes empty, other "
            "inputs are filled by the features)"
        )


def _timed(frame: pl.DataFrame, schema: Schema, findings: list[str]) -> pl.DataFrame:
    if not schema.time or frame[schema.time].dtype != pl.String:
        return frame
    column = frame[schema.time]
    for layout in LAYOUTS:
        try:
            times = column.str.to_datetime(layout, strict=False)
        except pl.exceptions.PolarsError:
            continue
        if times.null_count() == column.null_count():
            return frame.with_columns(times)
    for layout in DAYS:
        days = column.str.to_date(layout, strict=False)
        if days.null_count() == column.null_count():
            return frame.with_columns(days.cast(pl.Datetime("us")))
    findings.append(
        f"{schema.time!r} cannot be read as times throughout: left as text, sorted as text"
    )
    return frame
