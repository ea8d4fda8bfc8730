"""Random over-sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from longshelf.strategies.base import Strategy, floor_counts
from longshelf.strategies.resample.delivery import asked, codes, duplicates, validate_floor
from longshelf.tables import Matrix, Resampled, Rows, Targets

__all__ = ["RandomOver"]


@dataclass(frozen=True, kw_only=True)
class RandomOver(Strategy):
    """Repeat rows of rare targets at random until each target has a floor of rows.

    Parameters
    ----------
    to : int or "balance", default 100
        Rows every present target should have; ``balance`` is the largest count.

    References
    ----------
    .. [1] imbalanced-learn, ``RandomOverSampler``; for the same seed the repeats are equal.

    Examples
    --------
    >>> RandomOver(to="balance").hooks
    frozenset({'resample'})
    """

    to: int | Literal["balance"] = 100

    def __post_init__(self) -> None:
        validate_floor("RandomOver", self.to)

    def resample(
        self, X: Matrix, rows: Rows, targets: Targets, rng: np.random.Generator
    ) -> Resampled:
        code = codes(rows, "RandomOver")
        goal = floor_counts(targets.count(code), self.to)
        kept = np.concatenate([np.arange(len(code)), duplicates(code, goal, rng)])
        return Resampled(kept, asked=asked(goal, targets))
