"""k nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.evidence import row_weights
from longshelf.models.base import Head, Model
from longshelf.models.classify.constant import ABSENT, log_share
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid

__all__ = ["Knn"]


@dataclass(frozen=True)
class FittedKnn:
    """Training rows with their votes.

    Parameters
    ----------
    index : sklearn.neighbors.NearestNeighbors
    y : (n,) int array
    weights : (n,) float array
    share : (C,) float array
        Class shares, which count as one more neighbour.
    """

    index: Any
    y: IntArray
    weights: FloatArray
    share: FloatArray

    @property
    def parameters(self) -> int:
        return int(self.index.n_samples_fit_ * self.index.n_features_in_)

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix, block: int = 4096) -> FloatArray:
        return np.concatenate(
            [self._votes(X[start : start + block]) for start in range(0, X.shape[0], block)]
        )

    def _votes(self, X: Matrix) -> FloatArray:
        near = self.index.kneighbors(X, return_distance=False)
        votes = np.repeat(self.share[None], len(near), axis=0)
        np.add.at(votes, (np.arange(len(near))[:, None], self.y[near]), self.weights[near])
        votes /= votes.sum(axis=1, keepdims=True)
        return np.log(np.maximum(votes, np.exp(ABSENT))).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Knn(Model):
    """Vote of the k nearest training rows, each with its weight, the class shares as one voice more.

    Distances are Euclidean, which ranks rows of length 1 as their cosine does.

    Parameters
    ----------
    k : int >= 1, default 10
        Fewer where the training part is smaller.

    Raises
    ------
    InputError
        If ``k`` is below 1.

    Examples
    --------
    >>> Knn(k=3)
    Knn(k=3)
    """

    abstract: ClassVar[bool] = False
    seeded: ClassVar[bool] = False

    k: int = 10

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"knn's k must be at least 1, got {self.k}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedKnn:
        from sklearn.neighbors import NearestNeighbors

        weights = row_weights(strategy, rows, targets)
        index = NearestNeighbors(n_neighbors=min(self.k, len(rows)), algorithm="brute").fit(X)
        return FittedKnn(index, rows.y, weights, np.exp(log_share(rows, targets, weights)))
