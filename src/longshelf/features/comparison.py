"""Two matrices of vectors, or two columns of numbers, compared row by row."""

from __future__ import annotations

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.tables import FloatArray, Matrix

__all__ = ["compared", "cosine", "difference"]


def compared(vectors: Matrix) -> Matrix:
    """Cosine, ``|u - v|`` and ``u * v`` of row i and row n + i.

    Parameters
    ----------
    vectors : (2n, d) matrix
        Of all left texts, then of all right ones.

    Returns
    -------
    (n, 1 + 2d) matrix
        CSR or dense float32, as the vectors are.

    Raises
    ------
    InputError
        If the vectors are not real numbers.
    """
    if not np.issubdtype(vectors.dtype, np.floating):
        raise InputError(
            f"pair compares vectors of real numbers, and its encoder gives {vectors.dtype}; "
            "use tf_idf, minilm or encoder(name=...)"
        )
    n, d = vectors.shape[0] // 2, vectors.shape[1]
    u, v = vectors[:n], vectors[n:]
    if sp.issparse(vectors):
        columns = [cosine(u, v), abs(u - v), u.multiply(v)]
        return sp.csr_matrix(sp.hstack(columns, format="csr", dtype=np.float32))
    X = np.empty((n, 1 + 2 * d), np.float32)
    X[:, :1] = cosine(u, v)
    np.abs(u - v, out=X[:, 1 : d + 1])
    np.multiply(u, v, out=X[:, d + 1 :])
    return X


def cosine(u: Matrix, v: Matrix) -> FloatArray:
    """Cosine of each row of u with that of v, 0 where one is empty; (n, 1)."""
    dot, uu, vv = (_dots(a, b) for a, b in ((u, v), (u, u), (v, v)))
    length = np.sqrt(uu * vv)
    found: FloatArray = np.divide(dot, length, out=np.zeros_like(dot), where=length > 0)
    return found[:, None]


def _dots(a: Matrix, b: Matrix) -> FloatArray:
    if sp.issparse(a):
        return np.asarray(a.multiply(b).sum(axis=1), dtype=np.float64).ravel()
    return np.asarray(np.einsum("nd,nd->n", a, b, dtype=np.float64))


def difference(left: pl.Series, right: pl.Series) -> FloatArray:
    """``|p - q| / max(|p|, |q|)``, 1 where one is missing, and whether one is; (n, 2)."""
    both = np.column_stack(
        [side.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy() for side in (left, right)]
    )
    missing = ~np.isfinite(both).all(axis=1)
    known = np.where(missing[:, None], 0.0, both)
    largest = np.abs(known).max(axis=1, keepdims=True)
    shares = np.divide(known, largest, out=np.zeros_like(known), where=largest > 0)
    relative = np.abs(shares[:, 0] - shares[:, 1])
    return np.column_stack([np.where(missing, 1.0, relative), missing])
