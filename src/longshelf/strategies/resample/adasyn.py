"""Adaptive synthetic over-sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from longshelf.strategies.base import Strategy, floor_counts
from longshelf.strategies.resample import delivery
from longshelf.tables import IntArray, Matrix, Resampled, Rows, Targets, stack

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
    .. [1] He et al., ADASYN, IJCNN 2008, steps 1 to 5. Made by imbalanced-learn's ``ADASYN``,
       target after target from one random state; for the same seed the rows are equal, up to ties
       of distance.

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
        state = np.random.RandomState(delivery.seed(rng))
        near = Neighbours(self.k + 1).prepared(X, np.flatnonzero(np.isin(code, list(able))))
        made: list[Matrix] = []
        labels: list[IntArray] = []
        undefined = dict(goal)
        for c, n in able.items():
            sampler = ADASYN(sampling_strategy={c: n}, n_neighbors=near, random_state=state)
            try:
                done = delivery.delivered(sampler, X, code)
            except (RuntimeError, ValueError):
                continue
            del undefined[c]
            if done.synthetic_X is not None:
                made.append(done.synthetic_X)
                labels.append(done.synthetic_code)
        everything = np.arange(len(code))
        whole = Resampled(everything)
        if made:
            whole = Resampled(everything, stack(*made), np.concatenate(labels))
        return delivery.topped_up(whole, code, undefined, targets, rng, said=goal)
