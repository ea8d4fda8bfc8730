"""What fitted rankers share."""

from __future__ import annotations

from dataclasses import dataclass

import scipy.sparse as sp

from longshelf.models.base import Head
from longshelf.models.rank.top import top
from longshelf.tables import FloatArray, Matrix, Ranking

__all__ = ["Scorer"]


@dataclass(frozen=True)
class Scorer:
    """Scores of every target for each row; lists are the exact best of them."""

    @property
    def head(self) -> Head | None:
        """None: no linear head."""
        return None

    def scores(self, X: Matrix) -> FloatArray:
        """Scores of all targets; (n, C) float32."""
        raise NotImplementedError

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """The k best targets for each row of X, without what was ``seen``."""
        return top(self.scores, X, k, seen)
