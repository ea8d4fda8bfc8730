"""SMOTE along the border between targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from longshelf.strategies.base import Strategy, floor_counts
from longshelf.strategies.resample import delivery
from longshelf.tables import Matrix, Resampled, Rows, Targets

__all__ = ["BorderlineSmote"]


@dataclass(frozen=True, kw_only=True)
class BorderlineSmote(Strategy):
    """SMOTE from those rows only that stand among rows of other targets.

    Where no row of a target is in danger the library delivers nothing; what is missing, and
    targets with at most ``k`` rows, are topped up by repeating rows.

    Parameters
    ----------
    k : int >= 1, default 5
        Neighbours a line may lead to.
    m : int >= 1, default 10
        Neighbours that say whether a row is in danger: at least half of other targets, not all.
    to : int or "balance", default 100
        Rows every present target should have; ``balance`` is the largest count.

    References
    ----------
    .. [1] Han et al., Borderline-SMOTE, ICIC 2005, section 3. Made by imbalanced-learn's
       ``BorderlineSMOTE``; for the same seed the rows are equal, up to ties of distance.

    Examples
    --------
    >>> BorderlineSmote(m=5).hooks
    frozenset({'resample'})
    """

    k: int = 5
    m: int = 10
    to: int | Literal["balance"] = 100

    def __post_init__(self) -> None:
        delivery.validate_floor("BorderlineSmote", self.to)
        delivery.validate_neighbours("BorderlineSmote", self.k)
        delivery.validate_neighbours("BorderlineSmote", self.m)

    def resample(
        self, X: Matrix, rows: Rows, targets: Targets, rng: np.random.Generator
    ) -> Resampled:
        from imblearn.over_sampling import BorderlineSMOTE

        from longshelf.strategies.resample.neighbours import Neighbours

        code = delivery.codes(rows, "BorderlineSmote")
        X = delivery.features(X, rows, "BorderlineSmote")
        goal = floor_counts(targets.count(code), self.to)
        able = delivery.able(code, goal, self.k)
        done = Resampled(np.arange(len(code)))
        if able:
            sampler = BorderlineSMOTE(
                sampling_strategy=able,
                k_neighbors=self.k,
                m_neighbors=Neighbours(min(self.m, len(code) - 1) + 1),
                random_state=delivery.seed(rng),
            )
            done = delivery.delivered(sampler, X, code)
        return delivery.topped_up(done, code, goal, targets, rng)
