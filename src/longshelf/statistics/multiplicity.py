"""Many tests at once: adjusted p-values, and ranks in which ties stay ties."""

from __future__ import annotations

import numpy as np

from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["benjamini_hochberg", "holm", "ranks"]


def holm(p: FloatArray) -> FloatArray:
    """Holm's step-down p-values along the last axis; NaN are left out and stay NaN.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).tolist()
    [0.03, 0.06, 0.06]
    """
    order, ranked, count = _sorted(p)
    place = np.arange(ranked.shape[-1])
    stepped = np.maximum.accumulate(ranked * np.maximum(count - place, 1), axis=-1)
    return _unsorted(stepped, order, p)


def benjamini_hochberg(p: FloatArray) -> FloatArray:
    """Benjamini and Hochberg's p-values along the last axis; NaN are left out and stay NaN.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    order, ranked, count = _sorted(p)
    scaled = ranked * np.maximum(count, 1) / (np.arange(ranked.shape[-1]) + 1)
    stepped = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    return _unsorted(stepped, order, p)


def _sorted(p: FloatArray) -> tuple[IntArray, FloatArray, IntArray]:
    given = np.asarray(p, dtype=float)
    order = np.argsort(given, axis=-1, kind="stable")
    ranked = np.take_along_axis(given, order, axis=-1)
    count = np.isfinite(given).sum(axis=-1, keepdims=True)
    return order, np.where(np.isfinite(ranked), ranked, np.inf), count


def _unsorted(stepped: FloatArray, order: IntArray, p: FloatArray) -> FloatArray:
    out = np.empty(np.shape(p))
    np.put_along_axis(out, order, np.minimum(stepped, 1.0), axis=-1)
    return np.where(np.isfinite(p), out, np.nan)


def ranks(better: BoolArray) -> IntArray:
    """One plus the number of significantly better arms; (..., K).

    Parameters
    ----------
    better : (..., K, K) bool array
        Entry (i, j): arm i is significantly better than arm j.

    Examples
    --------
    >>> ranks(np.array([[0, 0, 1], [0, 0, 0], [0, 0, 0]], dtype=bool)).tolist()
    [1, 1, 2]
    """
    return np.asarray(1 + np.asarray(better).sum(axis=-2))
