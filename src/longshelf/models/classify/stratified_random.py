"""A random class for every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.evidence import row_weights
from longshelf.models.base import Head, Model
from longshelf.models.classify.constant import log_share
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["StratifiedRandom"]


@dataclass(frozen=True)
class Draws:
    """Log shares with Gumbel noise: the arg max is a draw from the shares.

    Parameters
    ----------
    share : (C,) float array
        Log share of each class.
    seed : int
        The same matrix gets the same draws.
    """

    share: FloatArray
    seed: int

    @property
    def parameters(self) -> int:
        return len(self.share)

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        draw = np.random.default_rng(self.seed)
        noise = draw.gumbel(size=(X.shape[0], len(self.share)))
        return (self.share + noise).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class StratifiedRandom(Model):
    """Guess every row's class at random, in proportion to the (weighted) training shares.

    Its macro-F1 is what luck alone earns; its scores are the drawn ones, not the shares.

    Examples
    --------
    >>> sorted(StratifiedRandom().kinds)
    ['class']
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Draws:
        share = log_share(rows, targets, row_weights(strategy, rows, targets))
        return Draws(share, int(rng.integers(2**63)))
