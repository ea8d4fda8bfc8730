"""Exact nearest neighbours by blocked matrix products, in the shape imbalanced-learn takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.neighbors import NearestNeighbors

from longshelf.tables import IntArray, Matrix

__all__ = ["Neighbours", "nearest_other"]


class Neighbours:
    """Stand-in for scikit-learn's brute-force search."""

    def __init__(self, n_neighbors: int) -> None:
        self.n_neighbors = n_neighbors
        self._search: Any = None

    def __sklearn_clone__(self) -> Neighbours:
        return self

    def prepared(self, X: Matrix, queries: IntArray) -> Neighbours:
        return self

    def fit(self, X: Matrix) -> Neighbours:
        self._search = NearestNeighbors(n_neighbors=self.n_neighbors).fit(X)
        return self

    def kneighbors(self, X: Matrix, return_distance: bool = False) -> Any:
        return self._search.kneighbors(X, return_distance=return_distance)

    def kneighbors_graph(self, X: Matrix) -> sp.csr_matrix:
        return self._search.kneighbors_graph(X)


def nearest_other(X: Matrix) -> IntArray:
    """Position of the nearest other row of each row; (n,)."""
    search = NearestNeighbors(n_neighbors=2).fit(X)
    return np.asarray(search.kneighbors(X, return_distance=False)[:, 1])
