"""The items most often chosen of late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.evidence import row_weights
from longshelf.models.base import Model
from longshelf.models.classify.constant import log_share
from longshelf.models.rank.most_popular import Popularity
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

__all__ = ["RecentlyPopular"]


@dataclass(frozen=True, kw_only=True)
class RecentlyPopular(Model):
    """Rank items by their training rows, late ones counting more, the same for everyone.

    Training rows stand in time order where the data name a time, in file order otherwise; age is
    counted in rows, so that a busy week forgets faster than a quiet one. The order is all it has:
    strategies that repeat or add rows are not applicable.

    Parameters
    ----------
    half_life : float > 0, default 0.1
        Share of the training rows after which a row counts half.
    window : float in (0, 1], default 1.0
        Count only this last share of the rows.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    .. [1] Ji et al., A Re-visit of the Popularity Baseline in Recommender Systems, SIGIR 2020,
       arXiv:2005.13829: popularity at the time of the recommendation.

    Examples
    --------
    >>> RecentlyPopular(half_life=0.05)
    RecentlyPopular(half_life=0.05, window=1.0)
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = frozenset({"weigh"})
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    half_life: float = 0.1
    window: float = 1.0

    def __post_init__(self) -> None:
        if self.half_life <= 0:
            raise InputError(f"recently_popular's half_life must be above 0, got {self.half_life}")
        if not 0 < self.window <= 1:
            raise InputError(f"recently_popular's window must be in (0, 1], got {self.window}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Popularity:
        age = np.arange(len(rows))[::-1] / len(rows)
        fresh = np.where(age < self.window, 0.5 ** (age / self.half_life), 0.0)
        weights = row_weights(strategy, rows, targets) * fresh
        return Popularity(log_share(rows, targets, weights), len(targets))
