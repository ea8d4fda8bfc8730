"""Linear support vector machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.evidence import row_weights
from longshelf.models.base import Head, Model
from longshelf.models.classify.constant import ABSENT, Constant, log_share
from longshelf.models.classify.logistic import FittedLinear
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid, take

__all__ = ["Svm"]


@dataclass(frozen=True, kw_only=True)
class Svm(Model):
    """scikit-learn's ``LinearSVC``, one class against the rest, margins calibrated on valid.

    Two classes get Platt's sigmoid [1]_, slope and shift; more classes share one slope in a
    softmax, since rare classes have too few validation rows for a sigmoid of their own.

    Parameters
    ----------
    C : float > 0, default 1.0
        Inverse strength of the penalty.

    Raises
    ------
    InputError
        If ``C`` is not positive.

    References
    ----------
    .. [1] Platt, Probabilistic Outputs for Support Vector Machines, 1999, eq. 3.

    Examples
    --------
    >>> Svm(C=0.5)
    Svm(C=0.5)
    """

    abstract: ClassVar[bool] = False

    C: float = 1.0

    def __post_init__(self) -> None:
        if self.C <= 0:
            raise InputError(f"svm's C must be above 0, got {self.C}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedLinear | Constant:
        from sklearn.svm import LinearSVC

        weights = row_weights(strategy, rows, targets)
        present = np.unique(rows.y[weights > 0])
        if len(present) == 1:
            return Constant(log_share(rows, targets, weights), 1)
        machine = LinearSVC(C=self.C, random_state=int(rng.integers(2**31)))
        machine.fit(X, rows.y, sample_weight=weights)
        weight, bias = machine.coef_, machine.intercept_
        if len(present) == 2:
            weight, bias = np.vstack([-weight, weight]) / 2, np.append(-bias, bias) / 2
        known = np.isin(valid.rows.y, present)
        margins = np.asarray(take(valid.X, known) @ weight.T) + bias
        slope, shift = _calibrate(margins, np.searchsorted(present, valid.rows.y[known]))
        head = Head(
            np.zeros((len(targets), X.shape[1]), np.float32),
            np.full(len(targets), ABSENT, np.float32),
        )
        head.weight[machine.classes_] = slope * weight
        head.bias[machine.classes_] = slope * bias + shift
        return FittedLinear(head)


def _calibrate(margins: FloatArray, y: IntArray) -> tuple[float, FloatArray]:
    """Slope, and for two classes the shifts, with the least log loss; identity without rows."""
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    classes = margins.shape[1]
    if len(y) == 0:
        return 1.0, np.zeros(classes)

    def shifts(at: FloatArray) -> FloatArray:
        return np.array([-at[1], at[1]]) / 2 if classes == 2 else np.zeros(classes)

    def loss(at: FloatArray) -> float:
        z = np.exp(at[0]) * margins + shifts(at)
        return float(np.mean(logsumexp(z, axis=1) - z[np.arange(len(y)), y]))

    free = 2 if classes == 2 else 1
    bounds = [(-3.0, 5.0), (-20.0, 20.0)][:free]
    found = minimize(loss, np.zeros(free), bounds=bounds)
    return float(np.exp(found.x[0])), shifts(found.x)
