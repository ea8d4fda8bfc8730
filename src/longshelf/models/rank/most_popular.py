"""The items most often chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.evidence import row_weights
from longshelf.models.base import Model
from longshelf.models.classify.constant import Constant, log_share
from longshelf.models.rank.top import top
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Ranking, Rows, Targets, Valid

__all__ = ["MostPopular"]


@dataclass(frozen=True)
class Popularity(Constant):
    """The same order of items for everyone."""

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """The k items of largest share for each row of X, without what was ``seen``."""
        return top(self.scores, X, k, seen)


@dataclass(frozen=True, kw_only=True)
class MostPopular(Model):
    """Rank items by their (weighted) number of training rows, the same for everyone.

    Counted on the training part alone; the published figures of some benchmarks count the held-out
    rows as well and are therefore higher.

    Examples
    --------
    >>> sorted(MostPopular().kinds)
    ['item']
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Popularity:
        share = log_share(rows, targets, row_weights(strategy, rows, targets))
        return Popularity(share, len(targets))
