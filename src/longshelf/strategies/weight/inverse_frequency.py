"""Inverse-frequency weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.weight.per_row import mean_one, per_row
from longshelf.tables import FloatArray, Rows, Targets

__all__ = ["InverseFrequency"]


@dataclass(frozen=True, kw_only=True)
class InverseFrequency(Strategy):
    """Weigh each row by ``n_c ** -gamma``, the rarity of its target.

    At ``gamma=1`` every target has the same total weight, which is scikit-learn's
    ``class_weight="balanced"`` [1]_. A row of several targets takes the mean of theirs.

    Parameters
    ----------
    gamma : float >= 0, default 1.0
        0 leaves the rows alone, 0.5 is the square root.

    References
    ----------
    .. [1] King and Zeng, Logistic Regression in Rare Events Data, Political Analysis 2001, eq. 8.

    Examples
    --------
    >>> InverseFrequency(gamma=0.5).hooks
    frozenset({'weigh'})
    """

    gamma: float = 1.0

    def __post_init__(self) -> None:
        if self.gamma < 0:
            raise InputError(f"InverseFrequency's gamma must be at least 0, got {self.gamma}")

    def weigh(self, rows: Rows, targets: Targets) -> FloatArray:
        return mean_one(per_row(np.maximum(targets.seen, 1.0) ** -self.gamma, rows.code))
