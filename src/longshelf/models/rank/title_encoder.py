"""What comes next, from the titles of what came before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError, NotApplicable
from longshelf.models.base import OF_ROWS, Model
from longshelf.models.classify.neural import LEARNING
from longshelf.models.rank.fitted_ranker import FittedRanker, learn_ranking
from longshelf.models.rank.item_text import text_vectors
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["TitleEncoder"]


@dataclass(frozen=True, kw_only=True)
class TitleEncoder(Model):
    """The next item by the titles of a history, read by a language model that is not trained [1]_.

    Each title is a vector of the encoder, turned by one learned layer shared with the candidates;
    a history is their mean under learned attention to what they are and how long ago they came.
    Reads ``history`` features. Without vectors of their own items need no row: a cold item is
    ranked by its title.

    Parameters
    ----------
    width : int, default 128
        Length of the turned vectors.
    text : str, default "minilm"
        Features of the titles: ``minilm``, ``encoder(name='…')``, or ``tf_idf``.
    own : bool, default False
        Give items vectors of their own beside their title, the more rows the more.
    id_dropout : float in [0, 1), default 0.1
        Share of a batch's items whose own vector is left out.
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
        If ``width`` or ``id_dropout`` is out of range.
    NotApplicable
        If items have no text, or the features are not histories.

    References
    ----------
    .. [1] Hou et al., Towards Universal Sequence Representation Learning for Recommender Systems,
       KDD 2022, arXiv:2206.05941, section 2.1, with attention in place of a transformer.

    Examples
    --------
    >>> TitleEncoder(own=True).width
    128
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = OF_ROWS | LEARNING | {"negatives"}
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    width: int = 128
    text: str = "minilm"
    own: bool = False
    id_dropout: float = 0.1
    epochs: int = 20
    batch: int = 1024
    rate: float = 3e-3
    decay: float = 0.01
    patience: int = 5
    negatives: int = 0

    def __post_init__(self) -> None:
        if self.width < 1 or not 0 <= self.id_dropout < 1:
            raise InputError(
                "title_encoder's width must be at least 1 and id_dropout in [0, 1), got "
                f"{self.width} and {self.id_dropout}"
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

        if sp.issparse(X) or X.shape[1] < 2 or not np.issubdtype(X.dtype, np.integer):
            raise NotApplicable("title_encoder reads item sequences; give it features: history")
        vectors = text_vectors(targets, self.text, "title_encoder")
        recipe = Recipe(
            epochs=self.epochs, batch=self.batch, rate=self.rate, decay=self.decay,
            patience=self.patience, negatives=self.negatives,
        )  # fmt: skip
        return learn_ranking(
            lambda: self._network(vectors, X.shape[1], targets),
            X, rows, valid, targets, strategy, rng, recipe,
        )  # fmt: skip

    def _network(self, text: FloatArray, length: int, targets: Targets) -> Net:
        from longshelf.models.network import Body, Net
        from longshelf.models.rank.towers import AnchoredHead, AttentiveStem

        head = AnchoredHead(text, targets.seen, self.width, own=self.own, rate=self.id_dropout)
        return Net(AttentiveStem(head, self.width, length), Body(), head)
