"""SMOTE, then Tomek links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from longshelf.strategies.base import Strategy
from longshelf.strategies.resample.smote import Smote
from longshelf.strategies.resample.tomek_links import linked
from longshelf.tables import Matrix, Resampled, Rows, Targets

__all__ = ["SmoteTomek"]


@dataclass(frozen=True, kw_only=True)
class SmoteTomek(Strategy):
    """Over-sample by SMOTE, then drop every row, observed or made up, in a Tomek link.

    Parameters
    ----------
    k : int >= 1, default 5
        As for :class:`Smote`.
    to : int or "balance", default 100
        As for :class:`Smote`.

    References
    ----------
    .. [1] Batista et al., A Study of the Behavior of Several Methods for Balancing Machine
       Learning Training Data, SIGKDD Explorations 2004. The outcome is that of imbalanced-learn's
       ``SMOTETomek`` for the same seed, up to ties of distance.

    Examples
    --------
    >>> SmoteTomek(k=3).hooks
    frozenset({'resample'})
    """

    k: int = 5
    to: int | Literal["balance"] = 100

    def __post_init__(self) -> None:
        Smote(k=self.k, to=self.to)

    def resample(
        self, X: Matrix, rows: Rows, targets: Targets, rng: np.random.Generator
    ) -> Resampled:
        done = Smote(k=self.k, to=self.to).resample(X, rows, targets, rng)
        X_now, now = done.apply(X, rows)
        assert isinstance(now.code, np.ndarray)
        return done.then(Resampled(np.flatnonzero(~linked(X_now, now.code))))
