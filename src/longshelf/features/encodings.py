"""Categorical columns as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.features.categories import Codes, column_of, crossed
from longshelf.features.mean_labels import MeanLabels, as_columns, out_of_fold
from longshelf.tables import FloatArray, IntArray, Matrix, Rows

__all__ = ["Encoding", "FittedCategories", "fit_categories"]

Encoding = Literal["onehot", "ordinal", "target"]
Columns = tuple[tuple[str, ...], ...]

_WIDE = 256
"""One-hot columns from which the matrix is sparse."""

_MISSING = "missing"


def _column(rows: Rows, names: tuple[str, ...]) -> pl.Series:
    parts = [column_of(rows, name).cast(pl.String).fill_null(_MISSING) for name in names]
    return parts[0] if len(parts) == 1 else crossed(parts)


@dataclass(frozen=True)
class FittedCategories:
    """The categories of training.

    Parameters
    ----------
    columns : tuple of tuples of str
        Single columns and crosses.
    codes : tuple of Codes
        One for each; a missing value is a category of its own.
    encoding : {"onehot", "ordinal", "target"}
        How codes become columns.
    means : MeanLabels or None
        For ``target``.
    held_out : (n, d) float array or None
        Out-of-fold values of the training rows.
    ids : (n,) int array or None
        Their ids.
    """

    columns: Columns
    codes: tuple[Codes, ...]
    encoding: Encoding
    means: MeanLabels | None = None
    held_out: FloatArray | None = None
    ids: IntArray | None = None

    @property
    def coded(self) -> bool:
        """Columns hold codes."""
        return self.encoding == "ordinal"

    @property
    def names(self) -> list[str]:
        """What each column holds."""
        titles = [" × ".join(names) for names in self.columns]
        if self.encoding == "onehot":
            pairs = zip(titles, self.codes, strict=True)
            return [f"{title}={value}" for title, codes in pairs for value in codes.values]
        if self.encoding == "ordinal" or self.means is None:
            return titles
        each = self.means.tables[0].shape[1]
        return [f"{title} → {label}" for title in titles for label in range(each)]

    def read(self, rows: Rows) -> IntArray:
        """Codes; (n, columns) int64."""
        pairs = zip(self.columns, self.codes, strict=True)
        read = [codes.of(_column(rows, names)) for names, codes in pairs]
        return np.column_stack(read) if read else np.empty((len(rows), 0), np.int64)

    def transform(self, rows: Rows) -> Matrix:
        """Encoded categories; (n, d) float32, dense or CSR."""
        codes = self.read(rows)
        if self.encoding == "onehot":
            return self._onehot(codes)
        if self.encoding == "ordinal" or self.means is None:
            return codes.astype(np.float32)
        return self._averaged(self.means, codes, rows).astype(np.float32)

    def _onehot(self, codes: IntArray) -> Matrix:
        sizes = np.array([len(each) for each in self.codes], np.int64)
        starts = np.cumsum(sizes) - sizes
        known = codes > 0
        row, column = np.nonzero(known)
        places = (codes - 1 + starts)[row, column]
        shape = (len(codes), int(sizes.sum()))
        X = sp.csr_matrix((np.ones(len(row), np.float32), (row, places)), shape=shape)
        return X if shape[1] > _WIDE else X.toarray()

    def _averaged(self, labels: MeanLabels, codes: IntArray, rows: Rows) -> FloatArray:
        """Means of all training rows; a training row, known by its id, gets its out-of-fold one."""
        means = labels.of(codes)
        ids, held_out = self.ids, self.held_out
        if ids is None or held_out is None:
            return means
        if np.array_equal(rows.id, ids):
            return held_out
        order = np.argsort(ids)
        place = np.searchsorted(ids, rows.id, sorter=order)
        at = order[np.minimum(place, len(order) - 1)]
        own = (ids[at] == rows.id) & (rows.id >= 0)
        means[own] = held_out[at[own]]
        return means


def fit_categories(
    train: Rows, columns: Columns, encoding: Encoding, min_rows: int, labels: Any
) -> FittedCategories:
    """Number the categories of the training part and, for ``target``, average the labels.

    Parameters
    ----------
    train : Rows
        The training part.
    columns : tuple of tuples of str
        Single columns and crosses.
    encoding : {"onehot", "ordinal", "target"}
        How codes become columns.
    min_rows : int
        Rarer categories count as unknown.
    labels : (n,) array or None
        Codes or values, for ``target``.
    """
    codes = tuple(Codes.fit(_column(train, names), min_rows) for names in columns)
    plain = FittedCategories(columns, codes, encoding)
    if encoding != "target" or not columns:
        return plain
    Y = as_columns(labels)
    read, sizes = plain.read(train), [len(each) for each in codes]
    means = MeanLabels.fit(read, sizes, Y)
    held_out = out_of_fold(read, sizes, Y)
    return FittedCategories(columns, codes, encoding, means, held_out, train.id)
