"""Matrix factorisation in torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError, NotApplicable
from longshelf.models.base import OF_ROWS, Model
from longshelf.models.classify.neural import LEARNING
from longshelf.models.rank.fitted_ranker import FittedRanker, learn_ranking
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["MatrixFactorisation"]


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
        Of AdamW.
    l2 : float, default 0.0
        Times half the squared length of all vectors, added to the loss. Around 1e-7 with pairwise
        losses, it keeps rare ids from fitting the few rows they have; give ``decay=0`` with it.
    patience : int, default 0
        Epochs without a better validation score before the end; 0 runs them all, since the score
        is coarse for items.
    negatives : int, default 0
        Items drawn per batch beside its own, for a ``negatives`` law.
    penalty : float, default 0.0
        Times half the mean squared length of the vectors a batch reads [2]_.
    std : float, default 0.1
        Standard deviation of the vectors at the start.
    biased : bool, default True
        Learn a bias for each item.
    by_row : bool, default False
        Move only the vectors that a batch touched, their decay included. A step then costs what
        its batch costs, not what the tables cost: for 50,000 ids or more and a ``negatives`` law.

    Raises
    ------
    InputError
        If ``width`` is below 1.
    NotApplicable
        When fitted on features that are not ids.

    References
    ----------
    .. [1] Koren et al., Matrix Factorization Techniques for Recommender Systems, 2009, eq. 4.
    .. [2] Rendle et al., BPR: Bayesian Personalized Ranking from Implicit Feedback, UAI 2009,
       section 4.1.

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
    l2: float = 0.0
    patience: int = 0
    negatives: int = 0
    penalty: float = 0.0
    std: float = 0.1
    biased: bool = True
    by_row: bool = False

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
    ) -> FittedRanker:
        from longshelf.recipe import Recipe

        if sp.issparse(X) or X.shape[1] != 1 or not np.issubdtype(X.dtype, np.integer):
            raise NotApplicable("matrix_factorisation reads one id per row; give it features: ids")
        recipe = Recipe(
            epochs=self.epochs, batch=self.batch, rate=self.rate, decay=self.decay, l2=self.l2,
            patience=self.patience, negatives=self.negatives, penalty=self.penalty,
        )  # fmt: skip
        size = int(X.max()) + 1
        return learn_ranking(
            lambda: self._network(size, len(targets)),
            X, rows, valid, targets, strategy, rng, recipe,
        )  # fmt: skip

    def _network(self, sources: int, items: int) -> Net:
        import torch

        from longshelf.models.network import Body, LinearHead, Net
        from longshelf.models.rank.id_stem import IdStem

        head = LinearHead(self.width, items, biased=self.biased, by_row=self.by_row)
        torch.nn.init.normal_(head.table, std=self.std)
        return Net(IdStem(sources, self.width, by_row=self.by_row, std=self.std), Body(), head)
