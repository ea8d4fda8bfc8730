"""Items in random order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.models.base import Head, Model
from longshelf.models.rank.top import top
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Ranking, Rows, Targets, Valid

__all__ = ["RandomRanking"]


@dataclass(frozen=True)
class Shuffled:
    """Random scores, drawn anew for every block of rows from one seed.

    Parameters
    ----------
    targets : int
    seed : int
        The same call gets the same order.
    """

    targets: int
    seed: int

    @property
    def parameters(self) -> int:
        return 0

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        draw = np.random.default_rng(self.seed)
        return draw.random((X.shape[0], self.targets), dtype=np.float32)

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """k random items for each row of X, without what was ``seen``."""
        draw = np.random.default_rng(self.seed)
        return top(
            lambda block: draw.random((block.shape[0], self.targets), dtype=np.float32), X, k, seen
        )


@dataclass(frozen=True, kw_only=True)
class RandomRanking(Model):
    """Rank items at random: what luck alone earns, and the most even exposure there is.

    Examples
    --------
    >>> sorted(RandomRanking().kinds)
    ['item']
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    honours: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Shuffled:
        return Shuffled(len(targets), int(rng.integers(2**63)))
