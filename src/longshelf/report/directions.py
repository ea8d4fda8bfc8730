"""Which metrics are better when they are lower."""

from __future__ import annotations

import polars as pl

__all__ = ["LOWER", "lower_is_better"]

LOWER = frozenset(
    {
        *("log_loss", "brier", "ece", "classwise_ece", "ovr_log_loss", "ovr_brier"),
        *("expected_cost", "rmse", "mae", "geometric_mean_error"),
    }
)


def lower_is_better(comparisons: pl.DataFrame) -> frozenset[str]:
    """Name the metrics where less is better: the well-known ones, or where a + fell."""
    fell = comparisons.filter((pl.col("verdict") == "+") & (pl.col("difference") < 0))
    return LOWER | frozenset(fell["metric"].unique().to_list())
