"""A recurrent network with word vectors of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from longshelf.errors import InputError, NotApplicable, unknown
from longshelf.features.words import is_words
from longshelf.models.base import OF_ROWS, Model
from longshelf.models.classify.neural import LEARNING, learn
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.network import Net
    from longshelf.models.text.reading import FittedReader

__all__ = ["BiLstm"]


@dataclass(frozen=True, kw_only=True)
class BiLstm(Model):
    """Word vectors, a bidirectional LSTM and the largest of its states, all learned here [1]_.

    Reads ``words`` features and needs no download. Words are those of the training part, cut by
    jieba where texts are Chinese; or characters.

    Parameters
    ----------
    unit : {"words", "characters"}, default "words"
    width : int, default 128
        Length of word vectors.
    hidden : int, default 128
        States of each direction.
    dropout : float in [0, 1), default 0.3
        Of word vectors and of what the head reads.
    least : int, default 2
        Training rows a word must occur in.
    max_tokens : int, default 256
        Longer texts are cut.
    epochs : int, default 6
    batch : int, default 64
    rate : float, default 3e-3
        Peak learning rate.
    decay : float, default 0.0
    clip : float, default 1.0
        Longest gradient; 0 never shortens it.
    patience : int, default 2
        Epochs without a better validation score; 0 runs them all.

    Raises
    ------
    InputError
        If an argument is out of range.
    NotApplicable
        When fitted on features that are not words.

    References
    ----------
    .. [1] Conneau et al., Supervised Learning of Universal Sentence Representations, EMNLP 2017,
       arXiv:1705.02364, section 3.2.2.

    Examples
    --------
    >>> BiLstm(unit="characters").hidden
    128
    """

    abstract: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = OF_ROWS | LEARNING
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel", "value"})

    unit: Literal["words", "characters"] = "words"
    width: int = 128
    hidden: int = 128
    dropout: float = 0.3
    least: int = 2
    max_tokens: int = 256
    epochs: int = 6
    batch: int = 64
    rate: float = 3e-3
    decay: float = 0.0
    clip: float = 1.0
    patience: int = 2

    def __post_init__(self) -> None:
        if self.unit not in ("words", "characters"):
            raise unknown("unit", self.unit, ("words", "characters"))
        if min(self.width, self.hidden, self.least, self.max_tokens) < 1:
            raise InputError(
                "bi_lstm's width, hidden, least and max_tokens must be at least 1, got "
                f"{self.width}, {self.hidden}, {self.least} and {self.max_tokens}"
            )
        if not 0 <= self.dropout < 1:
            raise InputError(f"bi_lstm's dropout must be in [0, 1), got {self.dropout}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedReader:
        from longshelf.models.text.own_words import OwnVocabulary
        from longshelf.models.text.reading import FittedReader
        from longshelf.recipe import Recipe

        if not is_words(X):
            raise NotApplicable("bi_lstm reads texts; give it features: words")
        vocabulary = OwnVocabulary.of(X, self.unit, self.least, self.max_tokens)
        recipe = Recipe(
            epochs=self.epochs, batch=self.batch, rate=self.rate, decay=self.decay,
            patience=self.patience, clip=self.clip, window=50,
        )  # fmt: skip
        outputs = 1 if targets.kind == "value" else len(targets)
        fitted = learn(
            lambda: self._network(len(vocabulary), outputs),
            vocabulary.encode(X), rows, replace(valid, X=vocabulary.encode(valid.X)),
            targets, strategy, rng, recipe,
        )  # fmt: skip
        return FittedReader(fitted, vocabulary.encode)

    def _network(self, words: int, outputs: int) -> Net:
        import torch

        from longshelf.models.network import LinearHead, Net
        from longshelf.models.text.encoder_net import TokenStem
        from longshelf.models.text.recurrent import RecurrentBody

        stem = TokenStem(torch.randn(words, self.width) * 0.1, learn=True)
        body = RecurrentBody(self.width, self.hidden, self.dropout)
        return Net(stem, body, LinearHead(2 * self.hidden, outputs))
