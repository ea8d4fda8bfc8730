"""95% intervals over the units that were sampled, this fit held fixed."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from longshelf.metrics.base import Metric
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["interval"]


def interval(
    metric: Metric, value: float, moved: FloatArray | None, unit: IntArray, inside: BoolArray
) -> tuple[float | None, float | None]:
    """Limits of a value whose influences are known, within those of the metric; else None twice.

    Parameters
    ----------
    metric : Metric
        Whose limits bound the interval.
    value : float
        Of the rows inside.
    moved : (n,) float array or None
        Influence of each row: ``value(reweighted) ≈ value + mean(w * moved)``.
    unit : (n,) int array
        Rows of one unit were sampled together.
    inside : (n,) bool array
        Rows the value is of.
    """
    if moved is None:
        return None, None
    own = np.unique(unit[inside], return_inverse=True)[1]
    m = int(own.max(initial=-1)) + 1
    if m < 2:
        return None, None
    sums = np.bincount(own, moved[inside] / len(moved))
    wide = float(stdtrit(m - 1.0, 0.975) * np.sqrt(m / (m - 1) * (sums**2).sum()))
    low, high = metric.limits
    return max(value - wide, low), min(value + wide, high)
