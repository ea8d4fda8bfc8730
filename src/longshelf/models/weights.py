"""The weight of each training row: what the data give times what the strategy says."""

from __future__ import annotations

import numpy as np

from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Rows, Targets

__all__ = ["row_weights"]


def row_weights(strategy: Strategy, rows: Rows, targets: Targets) -> FloatArray:
    """Weights of the rows, mean 1; (n,) float64."""
    weights = np.asarray(strategy.weigh(rows, targets), dtype=np.float64)
    if rows.weight is not None:
        weights = weights * rows.weight
    scaled: FloatArray = weights / weights.mean()
    return scaled
