"""The mean label of each category, shrunk towards the mean of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from longshelf.tables import FloatArray, IntArray

__all__ = ["MeanLabels", "as_columns", "out_of_fold"]

_SMOOTH = 10.0
"""Rows' worth of the overall mean that every category starts with."""

_FOLDS = 5


def as_columns(labels: Any) -> FloatArray:
    """Labels as what is averaged: values, one column for two classes, else one per class.

    Examples
    --------
    >>> as_columns(np.array([0, 2, 2])).tolist()
    [[0.0], [1.0], [1.0]]
    """
    if np.issubdtype(labels.dtype, np.floating):
        return np.asarray(labels, np.float64)[:, None]
    classes, place = np.unique(labels, return_inverse=True)
    if len(classes) <= 2:
        return np.asarray(place == len(classes) - 1, np.float64)[:, None]
    return np.eye(len(classes))[place]


@dataclass(frozen=True)
class MeanLabels:
    """A table per categorical column.

    Parameters
    ----------
    tables : tuple of (K + 1, C) float arrays
        Row 0, for unknown categories, is the mean of all rows.
    """

    tables: tuple[FloatArray, ...]

    @classmethod
    def fit(cls, codes: IntArray, sizes: Sequence[int], Y: FloatArray) -> MeanLabels:
        """``(sum + 10 * mean) / (rows + 10)`` for each category.

        Parameters
        ----------
        codes : (n, d) int array
            Categories numbered from 1, 0 for unknown.
        sizes : sequence of d int
            Categories per column.
        Y : (n, C) float array
            From :func:`as_columns`.
        """
        mean = Y.mean(axis=0)
        tables = []
        for column, size in zip(codes.T, sizes, strict=True):
            place = (np.ones(len(column)), (column, np.arange(len(column))))
            members = sp.csr_matrix(place, shape=(size + 1, len(column)))
            rows = np.bincount(column, minlength=size + 1)[:, None]
            table = (members @ Y + _SMOOTH * mean) / (rows + _SMOOTH)
            table[0] = mean
            tables.append(np.asarray(table))
        return cls(tuple(tables))

    def of(self, codes: IntArray) -> FloatArray:
        """Means by row, column after column; (n, d * C)."""
        pairs = zip(self.tables, codes.T, strict=True)
        return np.concatenate([table[column] for table, column in pairs], axis=1)


def out_of_fold(codes: IntArray, sizes: Sequence[int], Y: FloatArray) -> FloatArray:
    """Means for training rows, each from the four fifths it is not part of; (n, d * C)."""
    n = len(codes)
    fold = np.random.default_rng(0).permutation(n) % min(_FOLDS, max(n, 1))
    means = np.tile(Y.mean(axis=0), (n, len(sizes)))
    for number in range(_FOLDS):
        held = fold == number
        if held.any() and not held.all():
            means[held] = MeanLabels.fit(codes[~held], sizes, Y[~held]).of(codes[held])
    return means
