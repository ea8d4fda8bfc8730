"""Nearest class mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.evidence import row_weights
from longshelf.models.base import Head, Model
from longshelf.models.classify.constant import ABSENT
from longshelf.models.classify.logistic import FittedLinear
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

__all__ = ["NearestCentroid"]


@dataclass(frozen=True, kw_only=True)
class NearestCentroid(Model):
    """The class whose (weighted) mean is nearest: one round Gaussian of equal width per class.

    Class frequency plays no part, so rare classes are as likely as common ones. The width is the
    mean squared distance of a row to the mean of its class.

    Examples
    --------
    >>> NearestCentroid().abstract
    False
    """

    abstract: ClassVar[bool] = False
    seeded: ClassVar[bool] = False

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedLinear:
        weights = row_weights(strategy, rows, targets)
        place = (rows.y, np.arange(len(rows)))
        held = sp.csr_matrix((weights, place), shape=(len(targets), len(rows)))
        mass = np.asarray(held.sum(axis=1)).ravel()
        sums = held @ X
        sums = sums.toarray() if sp.issparse(sums) else np.asarray(sums)
        means = sums / np.maximum(mass, 1e-12)[:, None]
        squares = X.multiply(X) if sp.issparse(X) else X * X
        length = float(weights @ np.asarray(squares.sum(axis=1)).ravel())
        own = (means**2).sum(axis=1)
        width = max((length - float(mass @ own)) / weights.sum(), 1e-6)
        weight, bias = means / width, -own / (2 * width)
        bias[mass == 0] += ABSENT
        return FittedLinear(Head(weight.astype(np.float32), bias.astype(np.float32)))
