"""The nearest rows of a sparse matrix, in blocks that bound memory."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from longshelf.tables import FloatArray

__all__ = ["strongest", "unit_columns", "unit_rows"]


def unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """The rows at length 1, empty ones left empty; float32."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1), dtype=np.float64)).ravel()
    return _scaled(matrix, lengths)


def unit_columns(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """The columns at length 1, empty ones left empty; float32."""
    return sp.csr_matrix(unit_rows(sp.csr_matrix(matrix.T)).T)


def _scaled(matrix: sp.csr_matrix, lengths: FloatArray) -> sp.csr_matrix:
    by = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return sp.csr_matrix(sp.diags(by) @ matrix, dtype=np.float32)


def strongest(matrix: sp.csr_matrix, k: int) -> sp.csr_matrix:
    """Keep the k largest values above 0 of each row; of equal ones, those of smaller columns.

    Examples
    --------
    >>> strongest(sp.csr_matrix(np.array([[3.0, 1, 2, 2], [0, 0, -1, 0]])), 2).toarray().tolist()
    [[3.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    matrix.sort_indices()
    keep = matrix.data > 0
    long = np.flatnonzero(np.diff(matrix.indptr) > k)
    for row in long:
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        values = matrix.data[span]
        least = np.partition(values, len(values) - k)[len(values) - k]
        above = values > least
        level = np.flatnonzero(values == least)[: k - int(above.sum())]
        above[level] = True
        keep[span] &= above
    counts = np.add.reduceat(np.append(keep, False), matrix.indptr[:-1])
    counts[np.diff(matrix.indptr) == 0] = 0
    indptr = np.concatenate([[0], np.cumsum(counts)])
    return sp.csr_matrix((matrix.data[keep], matrix.indices[keep], indptr), shape=matrix.shape)
