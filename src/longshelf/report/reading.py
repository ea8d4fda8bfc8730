"""The results tables with every column the report reads, whatever a run left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from longshelf.report.aggregate import ResultsLike
from longshelf.report.directions import lower_is_better

__all__ = ["Tables", "read"]

PLACE = ("dataset", "task", "features", "model", "strategy")
MEASURED = ("decision", "metric", "slice_axis", "slice")
TEXT = {
    "values": ("cell", "split", *PLACE, *MEASURED),
    "cells": ("cell", "split", *PLACE, "status", "reason"),
    "comparisons": (*PLACE, "baseline", *MEASURED, "family", "verdict", "rival", "against_rival"),
    "per_target": ("dataset", "features", "model", "strategy", "decision", "target"),
    "reliability": ("dataset", "features", "model", "strategy", "stage"),
    "examples": (
        "split", *PLACE, "source", "text", "slice", "category", "asked", "real", "real_marks",
        "marks",
    ),
}  # fmt: skip
NUMBERS = {
    "values": ("seed", "value", "low", "high", "support"),
    "cells": ("seed", "seconds", "requests", "money"),
    "comparisons": ("seeds", "value", "difference", "low", "high", "p", "p_adjusted", "rank"),
    "per_target": ("train_count", "recall", "listed"),
    "reliability": ("bin", "confidence", "accuracy", "count"),
    "examples": ("rank", "hit", "count"),
}
WHOLE = frozenset({"seed", "seeds", "rank", "bin"})


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The tables of a run, complete in columns; NaN is null."""

    values: pl.DataFrame
    cells: pl.DataFrame
    comparisons: pl.DataFrame
    per_target: pl.DataFrame
    reliability: pl.DataFrame
    examples: pl.DataFrame
    about: Mapping[str, Any]
    lower: frozenset[str]


def read(results: ResultsLike) -> Tables:
    """Give every table the columns the report reads; absent ones are null.

    Parameters
    ----------
    results : Results
        The tables of a run; any of them may be empty.
    """
    frames = {name: _complete(getattr(results, name, pl.DataFrame()), name) for name in TEXT}
    directions = results.about.get("directions") or {}
    stated = frozenset(metric for metric, greater in directions.items() if not greater)
    guessed = lower_is_better(frames["comparisons"]) - set(directions)
    return Tables(**frames, about=results.about, lower=stated | guessed)


def _complete(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    columns: list[pl.Expr] = []
    for column in TEXT[name]:
        given = pl.col(column) if column in frame.columns else pl.lit(None)
        columns.append(given.cast(pl.String).alias(column))
    for column in NUMBERS[name]:
        given = pl.col(column) if column in frame.columns else pl.lit(None)
        number = given.cast(pl.Float64).fill_nan(None)
        columns.append((number.cast(pl.Int64) if column in WHOLE else number).alias(column))
    if name in {"per_target", "reliability"}:
        columns += [pl.col(c).cast(pl.String) for c in ("cell", "task") if c in frame.columns]
    return frame.select(columns) if frame.columns else pl.DataFrame(schema=_schema(name))


def _schema(name: str) -> dict[str, Any]:
    numbers = {column: pl.Int64 if column in WHOLE else pl.Float64 for column in NUMBERS[name]}
    return {**dict.fromkeys(TEXT[name], pl.String), **numbers}
