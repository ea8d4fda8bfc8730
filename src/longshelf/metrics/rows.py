"""Metrics that are a ratio of two row sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from longshelf.metrics.base import Estimate, Metric
from longshelf.metrics.reading import Reading, Strata
from longshelf.tables import BoolArray, FloatArray

__all__ = ["RowMetric", "everyone"]


def everyone(reading: Reading, members: BoolArray) -> FloatArray:
    """Every row counts once in every slice; (S, n)."""
    return np.ones((len(members), reading.n))


@dataclass(frozen=True, kw_only=True)
class RowMetric(Metric):
    """``finish(sum of tops / sum of bottoms)``; the influence is that of a ratio."""

    abstract: ClassVar[bool] = True
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "row"

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        """Numerator and denominator of each row; (S, n) both."""
        raise NotImplementedError

    def finish(self, ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The value and its derivative by the ratio."""
        return ratio, np.ones_like(ratio)

    def measure(
        self, reading: Reading, source: str, strata: Strata, members: BoolArray
    ) -> Estimate:
        top, bottom = self.rows(reading, source, members)
        below = strata.sum(bottom * reading.weight)
        above = strata.sum(top * reading.weight)
        ratio = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
        value, slope = self.finish(ratio)
        size = reading.size(strata)[:, None]
        scale = np.divide(slope * size, below, out=np.zeros(below.shape), where=below > 0)
        of_row, at = scale.T[:, strata.at], np.nan_to_num(ratio).T[:, strata.at]
        influence = np.where(strata.inside, of_row * (top - at * bottom), 0.0)
        return Estimate(value, influence)
