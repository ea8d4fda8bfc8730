"""Synthetic minority over-sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from longshelf.strategies.base import Strategy, floor_counts
from longshelf.strategies.resample import delivery
from longshelf.tables import Matrix, Resampled, Rows, Targets

__all__ = ["Smote"]


@dataclass(frozen=True, kw_only=True)
class Smote(Strategy):
    """Make rows of rare targets on the lines between a row and its nearest of the same target.

    Targets with at most ``k`` rows have too few neighbours; their rows are repeated instead, as
    :class:`RandomOver` does.

    Parameters
    ----------
    k : int >= 1, default 5
        Neighbours a line may lead to.
    to : int or "balance", default 100
        Rows every present target should have; ``balance`` is the largest count.

    References
    ----------
    .. [1] Chawla et al., SMOTE, JAIR 2002, arXiv:1106.1813, algorithm SMOTE. Made by
       imbalanced-learn's ``SMOTE``; for the same seed the rows are equal.

    Examples
    --------
    >>> Smote(k=3).hooks
    frozenset({'resample'})
    """

    k: int = 5
    to: int | Literal["balance"] = 100

    def __post_init__(self) -> None:
        delivery.validate_floor("Smote", self.to)
        delivery.validate_neighbours("Smote", self.k)

    def resample(
        self, X: Matrix, rows: Rows, targets: Targets, rng: np.random.Generator
    ) -> Resampled:
        from imblearn.over_sampling import SMOTE

        code = delivery.codes(rows, "Smote")
        X = delivery.features(X, rows, "Smote")
        goal = floor_counts(targets.count(code), self.to)
        able = delivery.able(code, goal, self.k)
        done = Resampled(np.arange(len(code)))
        if able:
            sampler = SMOTE(
                sampling_strategy=able, k_neighbors=self.k, random_state=delivery.seed(rng)
            )
            done = delivery.delivered(sampler, X, code)
        return delivery.topped_up(done, code, goal, targets, rng)
