"""Matrix factorisation in torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError, NotApplicable
from longshelf.models.base import OF_ROWS, Head, Model
from longshelf.models.classify.neural import LEARNING, learn
from longshelf.models.rank.top import top
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Ranking, Rows, Targets, Valid, take

if TYPE_CHECKING:
    from longshelf.models.network import Net
    from longshelf.training import FittedNet

__all__ = ["FittedFactors", "MatrixFactorisation"]

WATCHED = 2000
"""Validation rows scored after each epoch: a full matrix of users and items would not fit."""


@dataclass(frozen=True)
class FittedFactors:
    """One vector per source and per item.

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

    @property
    def head(self) -> Head | None:
        return self.fitted.head

    def scores(self, X: Matrix) -> FloatArray:
        return self.fitted.scores(X)

    def embeddings(self, X: Matrix) -> FloatArray:
        """Vectors of the sources; (n, width)."""
        return self.fitted.embeddings(X)

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """The k best items of each source in X, without what it has ``seen``."""
        return top(self.fitted.scores, X, k, seen)


@dataclass(frozen=True, kw_only=True)
class MatrixFactorisation(Model):
    """Score = source vector · item vector + item bias, through the one torch loop [1]_.

    Trained as a softmax over all items, or over those a ``negatives`` law draws. Reads ``ids``
    features; ids that training did not have share the vector of code 0.

    Parameters
    ----------
    width : int, default 64
        Length of the vectors.
    epochs : int, default 20
    batch : int, default 1024
    rate : float, default 0.01
    decay : float, default 0.01
    patience : int, default 0
        Epochs without a better validation score before the end; 0 runs them all, since the score
        is coarse for items.
    negatives : int, default 0
        Items drawn per batch beside its own, for a ``negatives`` law.

    Raises
    ------
    InputError
        If ``width`` is below 1.
    NotApplicable
        When fitted on features that are not ids.

    References
    ----------
    .. [1] Koren et al., Matrix Factorization Techniques for Recommender Systems, 2009, eq. 4.

    Examples
    --------
    >>> "negatives" in MatrixFactorisation().honours
    True
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = OF_ROWS | LEARNING | {"negatives"}
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    width: int = 64
    epochs: int = 20
    batch: int = 1024
    rate: float = 0.01
    decay: float = 0.01
    patience: int = 0
    negatives: int = 0

    def __post_init__(self) -> None:
        if self.width < 1:
            raise InputError(f"matrix_factorisation's width must be at least 1, got {self.width}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedFactors:
        from longshelf.training import Recipe

        if sp.issparse(X) or X.shape[1] != 1 or not np.issubdtype(X.dtype, np.integer):
            raise NotApplicable("matrix_factorisation reads one id per row; give it features: ids")
        recipe = Recipe(
            epochs=self.epochs, batch=self.batch, rate=self.rate, decay=self.decay,
            patience=self.patience, negatives=self.negatives,
        )  # fmt: skip
        if len(valid.rows) > WATCHED:
            some = np.sort(rng.choice(len(valid.rows), WATCHED, replace=False))
            valid = replace(valid, X=take(valid.X, some), rows=valid.rows.take(some))
        size = int(X.max()) + 1
        fitted = learn(
            lambda: self._network(size, len(targets)),
            X, rows, valid, targets, strategy, rng, recipe,
        )  # fmt: skip
        return FittedFactors(fitted)

    def _network(self, sources: int, items: int) -> Net:
        import torch

        from longshelf.models.network import Body, LinearHead, Net
        from longshelf.models.rank.id_stem import IdStem

        head = LinearHead(self.width, items)
        torch.nn.init.normal_(head.table, std=0.1)
        return Net(IdStem(sources, self.width), Body(), head)
