"""Adaptive synthetic over-sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from longshelf.strategies.base import Strategy, floor_counts
from longshelf.strategies.resample import delivery
from longshelf.tables import IntArray, Matrix, Resampled, Rows, Targets

if TYPE_CHECKING:
    from longshelf.strategies.resample.neighbours import Neighbours

__all__ = ["Adasyn"]


@dataclass(frozen=True, kw_only=True)
class Adasyn(Strategy):
    """SMOTE with more made-up rows where a row's neighbours are of other targets.

    Counts are met up to rounding. Targets with at most ``k`` rows, and targets whose rows have no
    neighbour of another target, for which the method is undefined, have rows repeated instead.

    Parameters
    ----------
    k : int >= 1, default 5
        Neighbours, for the share of other targets and for the lines.
    to : int or "balance", default 100
        Rows every present target should have; ``balance`` is the largest count.

    References
    ----------
    .. [1] He et al., ADASYN, IJCNN 2008, steps 1 to 5. Made by imbalanced-learn's ``ADASYN``;
       for the same seed the rows are equal, up to ties of distance.

    Examples
    --------
    >>> Adasyn(k=3).hooks
    frozenset({'resample'})
    """

    k: int = 5
    to: int | Literal["balance"] = 100

    def __post_init__(self) -> None:
        delivery.validate_floor("Adasyn", self.to)
        delivery.validate_neighbours("Adasyn", self.k)

    def resample(
        self, X: Matrix, rows: Rows, targets: Targets, rng: np.random.Generator
    ) -> Resampled:
        from imblearn.over_sampling import ADASYN

        from longshelf.strategies.resample.neighbours import Neighbours

        code = delivery.codes(rows, "Adasyn")
        X = delivery.features(X, rows, "Adasyn")
        goal = floor_counts(targets.count(code), self.to)
        able = delivery.able(code, goal, self.k)
        near = Neighbours(self.k + 1).fit(X)
        able = {c: n for c, n in able.items() if self._defined(near, X, code, c, n)}
        done = Resampled(np.arange(len(code)))
        if able:
            sampler = ADASYN(
                sampling_strategy=able, n_neighbors=near, random_state=delivery.seed(rng)
            )
            done = delivery.delivered(sampler, X, code)
        rest = {c: n for c, n in goal.items() if c not in able}
        return delivery.topped_up(done, code, rest, targets, rng, said=goal)

    @staticmethod
    def _defined(near: Neighbours, X: Matrix, code: IntArray, c: int, goal: int) -> bool:
        """Whether some row of the target has foreign neighbours, and enough to round to a row."""
        own = np.flatnonzero(code == c)
        others = near.kneighbors(X[own], return_distance=False)[:, 1:]
        hardness = (code[others] != c).mean(axis=1)
        if not hardness.any():
            return False
        return bool(np.rint(hardness / hardness.sum() * (goal - len(own))).any())
