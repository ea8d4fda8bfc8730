"""Numeric columns: gaps filled, extremes clipped, scales made alike, all as training had them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from longshelf.features.categories import column_of
from longshelf.tables import FloatArray, Rows

__all__ = ["FittedNumbers", "Scale", "fit_numbers"]

Scale = Literal["standard", "quantile", "none"]


def _read(rows: Rows, columns: tuple[str, ...]) -> FloatArray:
    """(n, d) float64, NaN where missing, infinite or not a number."""
    read = [
        column_of(rows, name).cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
        for name in columns
    ]
    X = np.column_stack(read) if read else np.empty((len(rows), 0))
    return np.where(np.isfinite(X), X, np.nan)


@dataclass(frozen=True)
class FittedNumbers:
    """What training numbers looked like.

    Parameters
    ----------
    columns : tuple of d str
        Where they are read.
    fill, low, high, centre, spread : (d,) float arrays
        Value for gaps, bounds, and what is subtracted and divided by.
    gaps : (g,) int array
        Columns that had gaps in training; each gets an indicator.
    quantiles : fitted scikit-learn transformer or None
        Takes the place of centre and spread.
    """

    columns: tuple[str, ...]
    fill: FloatArray
    low: FloatArray
    high: FloatArray
    centre: FloatArray
    spread: FloatArray
    gaps: Any
    quantiles: Any = None

    @property
    def names(self) -> list[str]:
        """What each column of the matrix holds."""
        return [*self.columns, *(f"{self.columns[at]} missing" for at in self.gaps)]

    def transform(self, rows: Rows) -> FloatArray:
        """Numbers, then indicators of gaps; (n, d + g) float32."""
        X = _read(rows, self.columns)
        missing = np.isnan(X)
        X = np.clip(np.where(missing, self.fill, X), self.low, self.high)
        if self.quantiles is not None and len(X) and X.shape[1]:
            X = self.quantiles.transform(X)
        else:
            X = (X - self.centre) / self.spread
        return np.concatenate([X, missing[:, self.gaps]], axis=1, dtype=np.float32)


def fit_numbers(rows: Rows, columns: tuple[str, ...], scale: Scale, clip: float) -> FittedNumbers:
    """Learn medians, bounds and scales from the training part.

    Parameters
    ----------
    rows : Rows
        The training part.
    columns : tuple of str
        Numeric columns.
    scale : {"standard", "quantile", "none"}
        Mean 0 and variance 1, a normal shape by rank, or as they are.
    clip : float in [0, 0.5)
        Share of training values cut to the nearest kept one, at either end.
    """
    X = _read(rows, columns)
    missing = np.isnan(X)
    empty = missing.all(axis=0) if len(X) else np.ones(X.shape[1], bool)
    X = np.where(empty, 0.0, X)
    fill = np.nanmedian(X, axis=0) if len(X) else np.zeros(X.shape[1])
    X = np.where(np.isnan(X), fill, X)
    low, high = np.quantile(X, [clip, 1 - clip], axis=0) if len(X) else (fill, fill)
    if clip == 0:
        low, high = np.full_like(fill, -np.inf), np.full_like(fill, np.inf)
    X = np.clip(X, low, high)
    centre, spread, quantiles = np.zeros_like(fill), np.ones_like(fill), None
    if scale == "standard":
        centre, spread = X.mean(axis=0), X.std(axis=0)
        spread = np.where(spread > 1e-12 * np.maximum(1, np.abs(centre)), spread, 1.0)
    elif scale == "quantile" and X.shape[1]:
        quantiles = _quantiles(X)
    gaps = np.flatnonzero(missing.any(axis=0) & ~empty)
    return FittedNumbers(columns, fill, low, high, centre, spread, gaps, quantiles)


def _quantiles(X: FloatArray) -> Any:
    from sklearn.preprocessing import QuantileTransformer

    count = min(1000, len(X))
    shape = QuantileTransformer(
        n_quantiles=count, output_distribution="normal", subsample=None, random_state=0
    )
    return shape.fit(X)
