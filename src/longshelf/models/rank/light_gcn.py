"""Light graph convolution."""

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

__all__ = ["LightGcn"]


@dataclass(frozen=True, kw_only=True)
class LightGcn(Model):
    """Matrix factorisation whose vectors are averaged over walks on the graph of who had what [1]_.

    Each node's vector is the mean of its own, its neighbours', their neighbours' and so on, every
    edge divided by the root of the degrees at both ends. Reads ``ids`` features. Trained as a
    softmax over all items, or over those a ``negatives`` law draws; the paper's loss is ``Bpr``.
    One step passes every edge ``2 * layers`` times whatever its batch, so batches are large; the
    history of the fit says how many edges an epoch passed. Items without a training row keep
    a vector of no meaning.

    Parameters
    ----------
    width : int, default 64
        Length of the vectors.
    layers : int, default 3
        Steps of the walk; 0 is matrix factorisation.
    epochs : int, default 40
    batch : int, default 4096
    rate : float, default 0.01
    decay : float, default 0.0
        Of AdamW.
    l2 : float, default 0.0
        Times half the squared length of all own vectors, added to the loss.
    patience : int, default 0
        Epochs without a better validation score before the end; 0 runs them all.
    negatives : int, default 0
        Items drawn per batch beside its own, for a ``negatives`` law.
    penalty : float, default 0.0
        Times half the mean squared length of the own vectors, before the walk, that a batch reads.

    Raises
    ------
    InputError
        If ``width`` is below 1 or ``layers`` below 0.
    NotApplicable
        When fitted on features that are not ids.

    References
    ----------
    .. [1] He et al., LightGCN, SIGIR 2020, arXiv:2002.02126, eqs. 3-8.

    Examples
    --------
    >>> LightGcn(layers=2).width
    64
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = OF_ROWS | LEARNING - {"step"} | {"negatives"}
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    width: int = 64
    layers: int = 3
    epochs: int = 40
    batch: int = 4096
    rate: float = 0.01
    decay: float = 0.0
    l2: float = 0.0
    patience: int = 0
    negatives: int = 0
    penalty: float = 0.0

    def __post_init__(self) -> None:
        if self.width < 1 or self.layers < 0:
            raise InputError(
                "light_gcn's width must be at least 1 and layers at least 0, got "
                f"{self.width} and {self.layers}"
            )

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedRanker:
        from longshelf.models.rank.propagation import normalised
        from longshelf.recipe import Recipe

        if sp.issparse(X) or X.shape[1] != 1 or not np.issubdtype(X.dtype, np.integer):
            raise NotApplicable("light_gcn reads one id per row; give it features: ids")
        recipe = Recipe(
            epochs=self.epochs, batch=self.batch, rate=self.rate, decay=self.decay, l2=self.l2,
            patience=self.patience, negatives=self.negatives, penalty=self.penalty,
        )  # fmt: skip
        sources = int(X.max()) + 1
        known = X[:, 0] > 0
        graph = normalised(X[known, 0], rows.code[known], (sources, len(targets)))
        fitted = learn_ranking(
            lambda: self._network(graph, sources), X, rows, valid, targets, strategy, rng, recipe
        )
        for epoch in fitted.history:
            epoch["edges"] = epoch["steps"] * graph.nnz * self.layers * 2
        return fitted

    def _network(self, graph: sp.csr_matrix, sources: int) -> Net:
        from longshelf.models.network import Body
        from longshelf.models.rank.propagation import GraphHead, GraphNet, GraphStem, Propagation

        walk = Propagation(graph, sources, self.width, self.layers)
        return GraphNet(GraphStem(walk), Body(), GraphHead(walk))
