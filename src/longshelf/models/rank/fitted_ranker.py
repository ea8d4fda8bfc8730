"""What the torch rankers share once they are trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from longshelf.models.base import Head
from longshelf.models.classify.neural import learn
from longshelf.models.rank.top import top
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Ranking, Rows, Targets, Valid, take

if TYPE_CHECKING:
    from longshelf.models.network import Net
    from longshelf.recipe import Recipe
    from longshelf.training import FittedNet

__all__ = ["FittedRanker", "learn_ranking"]

WATCHED = 2000
"""Validation rows scored after each epoch: a full matrix of sources and items would not fit."""


@dataclass(frozen=True)
class FittedRanker:
    """A trained network whose scores are source vector · item vector + item bias.

    Parameters
    ----------
    fitted : FittedNet
    """

    fitted: FittedNet

    @property
    def net(self) -> Net:
        return self.fitted.net

    @property
    def history(self) -> list[dict[str, float]]:
        return self.fitted.history

    @property
    def parameters(self) -> int:
        return self.fitted.parameters

    @cached_property
    def head(self) -> Head | None:
        """Item vectors and biases, computed once; None where a strategy took the linear head."""
        return self.fitted.head

    def scores(self, X: Matrix) -> FloatArray:
        """Scores of all items; (n, C) float32."""
        if self.head is None:
            return self.fitted.scores(X)
        return np.asarray(self.embeddings(X) @ self.head.weight.T + self.head.bias)

    def embeddings(self, X: Matrix) -> FloatArray:
        """Vectors of the sources; (n, d) float32."""
        return self.fitted.embeddings(X)

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """The k best items of each source in X, without what it has ``seen``."""
        return top(self.scores, X, k, seen)


def learn_ranking(
    make: Callable[[], Net],
    X: Matrix,
    rows: Rows,
    valid: Valid,
    targets: Targets,
    strategy: Strategy,
    rng: np.random.Generator,
    recipe: Recipe,
) -> FittedRanker:
    """Train a ranker through the one loop, watching as many validation rows as the recipe says, else 2,000.

    Parameters
    ----------
    make, X, rows, valid, targets, strategy, rng, recipe
        As for :func:`longshelf.models.classify.neural.learn`.
    """
    most = recipe.watched or WATCHED
    if len(valid.rows) > most:
        some = np.sort(rng.choice(len(valid.rows), most, replace=False))
        valid = replace(valid, X=take(valid.X, some), rows=valid.rows.take(some))
    return FittedRanker(learn(make, X, rows, valid, targets, strategy, rng, recipe))
