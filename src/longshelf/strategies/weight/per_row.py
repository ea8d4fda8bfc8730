"""From a value per target to a value per row, for rows with one target or several."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from longshelf.tables import FloatArray, IntArray

__all__ = ["mean_one", "per_row"]


def per_row(values: FloatArray, code: IntArray | sp.csr_matrix) -> FloatArray:
    """The value of each row's target; the mean over its targets where it has several.

    Parameters
    ----------
    values : (C,) float array
        One per target.
    code : (n,) int array, or (n, C) CSR
        A row without a target gets the mean of the others.

    Returns
    -------
    (n,) float array
    """
    if not sp.issparse(code):
        return np.asarray(values[code], dtype=float)
    marks = (code != 0).astype(float)
    size = np.asarray(marks.sum(axis=1)).ravel()
    total = np.asarray(marks @ values).ravel()
    mean = total.sum() / max(size.sum(), 1.0)
    return np.asarray(np.where(size > 0, total / np.maximum(size, 1.0), mean))


def mean_one(weights: FloatArray) -> FloatArray:
    """Weights scaled to mean 1 over the rows; (n,)."""
    return np.asarray(weights / weights.mean())
