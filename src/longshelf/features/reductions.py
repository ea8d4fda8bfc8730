"""Fewer columns: the best by a test, or a projection."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from longshelf.tables import IntArray, Matrix

__all__ = ["Reduced", "fit_reductions"]


@dataclass(frozen=True)
class Reduced:
    """What is kept of a matrix.

    Parameters
    ----------
    kept : (k,) int array or None
        Columns selected.
    projection : fitted scikit-learn transformer or None
        Applied to them.
    """

    kept: IntArray | None = None
    projection: Any = None

    def apply(self, X: Matrix) -> Matrix:
        """The selected columns, projected; (n, k) float32."""
        if self.kept is not None:
            X = X[:, self.kept]
        if self.projection is None:
            return X
        return np.asarray(self.projection.transform(_dense(X)), np.float32)


def _dense(X: Matrix) -> Any:
    return X.toarray() if sp.issparse(X) else X


def fit_reductions(
    X: Matrix, labels: Any, select: int | None, reduce: str | None, components: int
) -> Reduced:
    """Learn from the training matrix which columns and directions to keep.

    Parameters
    ----------
    X : (n, d) matrix
        Of the training part.
    labels : (n,) array or None
        Needed for ``select`` and for ``lda``.
    select : int or None
        Columns to keep by F-test.
    reduce : {None, "pca", "lda"}
        Projection.
    components : int
        At most this many directions.
    """
    kept = None if select is None else _best(X, labels, select)
    X = X if kept is None else X[:, kept]
    if reduce is None:
        return Reduced(kept)
    most = min(components, *X.shape)
    if reduce == "pca":
        from sklearn.decomposition import PCA

        return Reduced(kept, PCA(n_components=most, svd_solver="full").fit(_dense(X)))
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    labels = _binned(labels)
    most = min(most, len(np.unique(labels)) - 1)
    lda = LinearDiscriminantAnalysis(solver="svd", n_components=most)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # columns that depend on one another
        return Reduced(kept, lda.fit(_dense(X), labels))


def _binned(labels: Any) -> Any:
    """Classes as they are; values by decile."""
    if not np.issubdtype(labels.dtype, np.floating):
        return labels
    return np.searchsorted(np.quantile(labels, np.linspace(0.1, 0.9, 9)), labels)


def _best(X: Matrix, labels: Any, select: int) -> IntArray:
    from sklearn.feature_selection import f_classif, f_regression

    test = f_regression if np.issubdtype(labels.dtype, np.floating) else f_classif
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # constant columns score nothing
        score = np.nan_to_num(np.abs(test(X, labels)[0]), nan=-1.0, posinf=np.inf)
    order = np.argsort(-score, kind="stable")[:select]
    return np.sort(order)
