"""What measuring one part gives: four frames."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

__all__ = ["PER_TARGET", "RELIABILITY", "VALUES", "Measured"]

VALUES = {
    "decision": pl.String, "metric": pl.String, "slice_axis": pl.String, "slice": pl.String,
    "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "support": pl.Int64,
}  # fmt: skip

PER_TARGET = {
    "decision": pl.String, "target": pl.String, "train_count": pl.Int64, "support": pl.Int64,
    "recall": pl.Float64, "precision": pl.Float64,
}  # fmt: skip

RELIABILITY = {
    "stage": pl.String, "bin": pl.Int64, "confidence": pl.Float64, "accuracy": pl.Float64,
    "count": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Everything measured on one part.

    Parameters
    ----------
    values : polars.DataFrame
        decision, metric, slice_axis, slice, value, low, high, support; limits are null where a
        metric has no derivative. 95% intervals over the sampled units, this fit held fixed.
    units : polars.DataFrame
        id, unit (rows with equal inputs share one), and one float32 column per
        ``decision|primary|slice``: the influence of each row, so that the metric of reweighted
        rows is ``value + mean(w * influence)``.
    per_target : polars.DataFrame
        decision, target, train_count, support, recall, precision; null without rows or decisions.
    reliability : polars.DataFrame
        stage, bin, confidence, accuracy, count.
    """

    values: pl.DataFrame
    units: pl.DataFrame
    per_target: pl.DataFrame
    reliability: pl.DataFrame
