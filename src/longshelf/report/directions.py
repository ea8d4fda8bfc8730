"""Which metrics are better when they are lower."""

from __future__ import annotations

import polars as pl

from longshelf.metrics.directions import smaller_is_better

__all__ = ["lower_is_better"]


def lower_is_better(comparisons: pl.DataFrame) -> frozenset[str]:
    """Name the metrics of a table where less is better."""
    return frozenset(name for name in comparisons["metric"].unique() if smaller_is_better(name))
