"""How far decided values lie from true ones; slices by target are bins of the true value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.metrics.reading import Reading
from longshelf.metrics.rows import RowMetric
from longshelf.tables import BoolArray, FloatArray

__all__ = ["GeometricMeanError", "Mae", "Rmse"]


@dataclass(frozen=True, kw_only=True)
class _Deviation(RowMetric):
    abstract: ClassVar[bool] = True
    kinds: ClassVar[frozenset[str]] = frozenset({"value"})
    greater_is_better: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, np.inf)

    def each(self, error: FloatArray) -> FloatArray:
        """What is averaged, from absolute errors; (n,)."""
        raise NotImplementedError

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        decided = np.asarray(reading.scored.decisions[source], dtype=float)
        bottom = reading.held(members).astype(float)
        return bottom * self.each(np.abs(decided - reading.truth)), bottom


@dataclass(frozen=True, kw_only=True)
class Mae(_Deviation):
    """Mean absolute error.

    Examples
    --------
    >>> Mae().id
    'mae'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "mean of |decided - true|"

    def each(self, error: FloatArray) -> FloatArray:
        return error


@dataclass(frozen=True, kw_only=True)
class Rmse(_Deviation):
    """Root of the mean squared error.

    Examples
    --------
    >>> Rmse().id
    'rmse'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "square root of the mean of (decided - true)^2"

    def each(self, error: FloatArray) -> FloatArray:
        return error**2

    def finish(self, ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
        value = np.sqrt(ratio)
        return value, np.divide(0.5, value, out=np.zeros_like(value), where=value > 0)


@dataclass(frozen=True, kw_only=True)
class GeometricMeanError(_Deviation):
    """Geometric mean of absolute errors, each at least 1e-8: a few large ones do not rule it.

    References
    ----------
    .. [1] Yang et al., Delving into Deep Imbalanced Regression, ICML 2021, section 5.

    Examples
    --------
    >>> GeometricMeanError().id
    'geometric_mean_error'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "exp of the mean of log |decided - true|"

    def each(self, error: FloatArray) -> FloatArray:
        return np.log(np.maximum(error, 1e-8))

    def finish(self, ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
        value = np.exp(ratio)
        return value, value
