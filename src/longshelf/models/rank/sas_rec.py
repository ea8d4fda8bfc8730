"""Self-attentive sequential recommendation."""

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

__all__ = ["SasRec"]


@dataclass(frozen=True, kw_only=True)
class SasRec(Model):
    """The next item, by causal self-attention over the items before it [1]_.

    Reads ``history`` features; item vectors serve as inputs and as outputs. Every row is one
    (history, next item) pair; rows whose history begins alike share a forward pass, so an epoch
    costs one pass over each sequence. Trained as a softmax over all items, or over those a
    ``negatives`` law draws; the paper's loss is binary cross-entropy with one uniform negative.
    Layers are those of [2]_, whose published figures are compared with.

    Parameters
    ----------
    width : int, default 64
        Length of the vectors; a multiple of ``heads``.
    layers : int, default 2
    heads : int, default 2
    dropout : float in [0, 1), default 0.5
    epochs : int, default 40
    batch : int, default 1536
        Rows, which are about a sixth as many sequences.
    rate : float, default 1e-3
        Peak learning rate.
    decay : float, default 0.0
    patience : int, default 5
        Epochs without a better validation score; 0 runs them all. A score of few sequences is
        coarse, and stops early by chance.
    watched : int, default 0
        Validation sequences scored after an epoch; 0 is 2,000, or ten million scores.
    negatives : int, default 0
        Items drawn per batch beside its own, for a ``negatives`` law.
    by_row : bool, default False
        Move only the item vectors that a batch touched: for catalogues of 100,000 items and a
        ``negatives`` law.

    Raises
    ------
    InputError
        If a size is out of range.
    NotApplicable
        When fitted on features that are not histories.

    References
    ----------
    .. [1] Kang and McAuley, Self-Attentive Sequential Recommendation, ICDM 2018,
       arXiv:1808.09781, eqs. 1-7.
    .. [2] Zhou et al., S3-Rec, CIKM 2020, arXiv:2008.07873, section 4.2.

    Examples
    --------
    >>> SasRec(width=32).layers
    2
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = OF_ROWS | LEARNING | {"negatives"}
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    width: int = 64
    layers: int = 2
    heads: int = 2
    dropout: float = 0.5
    epochs: int = 40
    batch: int = 1536
    rate: float = 1e-3
    decay: float = 0.0
    patience: int = 5
    watched: int = 0
    negatives: int = 0
    by_row: bool = False

    def __post_init__(self) -> None:
        if min(self.width, self.layers, self.heads) < 1 or self.width % self.heads:
            raise InputError(
                "sas_rec's width, layers and heads must be at least 1 and width a multiple of "
                f"heads, got {self.width}, {self.layers} and {self.heads}"
            )
        if not 0 <= self.dropout < 1:
            raise InputError(f"sas_rec's dropout must be in [0, 1), got {self.dropout}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedRanker:
        from longshelf.models.rank.histories import Histories
        from longshelf.recipe import Recipe

        if sp.issparse(X) or X.shape[1] < 2 or not np.issubdtype(X.dtype, np.integer):
            raise NotApplicable("sas_rec reads item sequences; give it features: history")
        recipe = Recipe(
            epochs=self.epochs, batch=self.batch, rate=self.rate, decay=self.decay,
            patience=self.patience, watched=self.watched, negatives=self.negatives,
        )  # fmt: skip
        shared = X if "step" in strategy.hooks else Histories(X)
        return learn_ranking(
            lambda: self._network(X.shape[1], len(targets)),
            shared, rows, valid, targets, strategy, rng, recipe,
        )  # fmt: skip

    def _network(self, length: int, items: int) -> Net:
        import torch

        from longshelf.models.network import LinearHead, Net
        from longshelf.models.rank.self_attention import AttentionBody, SequenceStem

        head = LinearHead(self.width, items, biased=False, by_row=self.by_row)
        torch.nn.init.normal_(head.table, std=0.02)
        body = AttentionBody(self.width, self.layers, self.heads, self.dropout)
        return Net(SequenceStem(head, length, self.dropout), body, head)
