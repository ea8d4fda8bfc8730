"""Kinds of arrays, and how rows of features are taken and stacked."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["BoolArray", "FloatArray", "IntArray", "Matrix", "stack", "take"]

FloatArray: TypeAlias = NDArray[np.floating[Any]]
IntArray: TypeAlias = NDArray[np.integer[Any]]
BoolArray: TypeAlias = NDArray[np.bool_]
Matrix: TypeAlias = Any
"""Features of n rows: dense (n, d), sparse CSR (n, d), or ids (n, 1); always sliced by row."""


def take(X: Matrix, index: IntArray | BoolArray) -> Matrix:
    """The feature rows at these positions, dense or sparse."""
    return X[index]


def stack(*parts: Matrix) -> Matrix:
    """Feature rows under one another; sparse stays sparse."""
    if any(sp.issparse(part) for part in parts):
        return sp.csr_matrix(sp.vstack(parts, format="csr"))
    return np.concatenate(parts)
