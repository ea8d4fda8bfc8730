"""Random under-sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from longshelf.strategies.base import Strategy
from longshelf.strategies.resample.delivery import asked, codes, seed, validate_floor
from longshelf.tables import FloatArray, IntArray, Matrix, Resampled, Rows, Targets

__all__ = ["RandomUnder", "cap_counts", "capped"]


def cap_counts(counts: FloatArray, to: int | str) -> dict[int, int]:
    """Rows each present target may keep: a cap, the median of the counts, or the smallest.

    Examples
    --------
    >>> cap_counts(np.array([50.0, 0, 8, 20]), "median")
    {0: 20, 2: 8, 3: 20}
    """
    present = np.flatnonzero(counts)
    ordered = np.sort(counts[present])
    words = {"balance": ordered[0], "median": ordered[(len(ordered) - 1) // 2]}
    cap = int(words[to] if isinstance(to, str) else to)
    return {int(c): min(int(counts[c]), cap) for c in present}


def capped(code: IntArray, goal: dict[int, int], rng: np.random.Generator) -> IntArray:
    """Positions kept when each target is cut to its goal, by imbalanced-learn; (m,)."""
    from imblearn.under_sampling import RandomUnderSampler

    if len(goal) < 2:
        ((_, n),) = goal.items()
        return np.sort(rng.choice(len(code), n, replace=False))
    sampler = RandomUnderSampler(sampling_strategy=goal, random_state=seed(rng))
    sampler.fit_resample(np.arange(len(code))[:, None], code)
    return np.asarray(sampler.sample_indices_)


@dataclass(frozen=True, kw_only=True)
class RandomUnder(Strategy):
    """Drop rows of frequent targets at random until none has more than a cap.

    Parameters
    ----------
    to : int, "median" or "balance", default "median"
        ``median`` is the lower median of the counts of the present targets: the smaller class of
        two, and still some rows where one of many classes has a single row. ``balance`` is the
        smallest count.

    References
    ----------
    .. [1] imbalanced-learn, ``RandomUnderSampler``; for the same seed the kept rows are equal.

    Examples
    --------
    >>> RandomUnder(to=500).hooks
    frozenset({'resample'})
    """

    to: int | Literal["median", "balance"] = "median"

    def __post_init__(self) -> None:
        validate_floor("RandomUnder", self.to, ("median", "balance"))

    def resample(
        self, X: Matrix, rows: Rows, targets: Targets, rng: np.random.Generator
    ) -> Resampled:
        code = codes(rows, "RandomUnder")
        goal = cap_counts(targets.count(code), self.to)
        return Resampled(capped(code, goal, rng), asked=asked(goal, targets))
