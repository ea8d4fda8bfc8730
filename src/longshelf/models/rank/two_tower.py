"""Two towers: a vector for the source, a vector for the item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError, NotApplicable, unknown
from longshelf.models.base import OF_ROWS, Model
from longshelf.models.classify.neural import LEARNING
from longshelf.models.rank.fitted_ranker import FittedRanker, learn_ranking
from longshelf.models.rank.item_text import text_vectors
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from torch import nn

    from longshelf.models.network import Net

__all__ = ["TwoTower"]

Sides = Literal["auto", "ids", "text", "both"]


@dataclass(frozen=True, kw_only=True)
class TwoTower(Model):
    """Score = vector of the source · vector of the item, each from its own tower [1]_.

    The source tower reads what the features are: ``ids`` a vector each; ``history`` the mean of
    the items' vectors; text or tables a hidden layer; ``ids + tabular`` (with ``ids_first``) both,
    added up. The item tower reads ids, text, or both: then an item with many rows is mostly its
    own vector, a rare one mostly its text, and a cold one its text alone, so that items nobody
    chose yet can be recommended. Trained as a softmax over all items, or over those a
    ``negatives`` law draws.

    Parameters
    ----------
    width : int, default 64
        Length of the vectors.
    hidden : int, default 128
        Width of the hidden layer over source features.
    items : {"auto", "ids", "text", "both"}, default "auto"
        What the item tower reads; auto is both where items have text, else ids.
    text : str, default "minilm"
        Features of item texts; sparse ones are reduced to 256 columns.
    ids_first : bool, default False
        The first column of float features is an id.
    id_dropout : float in [0, 1), default 0.1
        Share of a batch's sources and items whose id vector is left out where something else is
        known of them.
    epochs : int, default 20
    batch : int, default 1024
    rate : float, default 3e-3
        Peak learning rate.
    decay : float, default 0.01
    patience : int, default 5
        Epochs without a better validation score; 0 runs them all.
    negatives : int, default 0
        Items drawn per batch beside its own, for a ``negatives`` law.

    Raises
    ------
    InputError
        If an argument is out of range.
    NotApplicable
        If items have no text and it is asked for, or ids are to come first in sparse features.

    References
    ----------
    .. [1] Yi et al., Sampling-Bias-Corrected Neural Modeling for Large Corpus Item
       Recommendations, RecSys 2019, section 3.

    Examples
    --------
    >>> TwoTower(items="text").text
    'minilm'
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = OF_ROWS | LEARNING | {"negatives"}
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    width: int = 64
    hidden: int = 128
    items: Sides = "auto"
    text: str = "minilm"
    ids_first: bool = False
    id_dropout: float = 0.1
    epochs: int = 20
    batch: int = 1024
    rate: float = 3e-3
    decay: float = 0.01
    patience: int = 5
    negatives: int = 0

    def __post_init__(self) -> None:
        if self.items not in get_args(Sides):
            raise unknown("item side of two_tower", self.items, get_args(Sides))
        if min(self.width, self.hidden) < 1 or not 0 <= self.id_dropout < 1:
            raise InputError(
                "two_tower's width and hidden must be at least 1 and id_dropout in [0, 1), got "
                f"{self.width}, {self.hidden} and {self.id_dropout}"
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
        from longshelf.recipe import Recipe

        if self.ids_first and sp.issparse(X):
            raise NotApplicable("two_tower reads an id first only where the features are dense")
        read = self.items in ("text", "both") or (self.items == "auto" and targets.text is not None)
        vectors = text_vectors(targets, self.text, "two_tower") if read else None
        recipe = Recipe(
            epochs=self.epochs, batch=self.batch, rate=self.rate, decay=self.decay,
            patience=self.patience, negatives=self.negatives,
        )  # fmt: skip
        return learn_ranking(
            lambda: self._network(X, vectors, targets),
            X, rows, valid, targets, strategy, rng, recipe,
        )  # fmt: skip

    def _network(self, X: Matrix, text: FloatArray | None, targets: Targets) -> Net:
        import torch

        from longshelf.models.network import Body, LinearHead, Net
        from longshelf.models.rank.towers import AnchoredHead

        head: nn.Module
        if text is None:
            head = LinearHead(self.width, len(targets), biased=False)
            torch.nn.init.normal_(head.table, std=0.1)
        else:
            own = self.items != "text"
            head = AnchoredHead(text, targets.seen, self.width, own=own, rate=self.id_dropout)
        return Net(self._stem(X, head), Body(), head)

    def _stem(self, X: Matrix, head: nn.Module) -> nn.Module:
        from longshelf.models.rank import towers

        features = X.shape[1]
        whole = not sp.issparse(X) and np.issubdtype(X.dtype, np.integer)
        if whole and features > 1:
            return towers.BagStem(head, self.width)
        if self.ids_first or whole:
            size = int(X[:, 0].max()) + 1
            rate = self.id_dropout if features > 1 else 0.0
            return towers.IdAndFeatureStem(size, features - 1, self.hidden, self.width, rate)
        return towers.FeatureStem(features, self.hidden, self.width, sparse=sp.issparse(X))
