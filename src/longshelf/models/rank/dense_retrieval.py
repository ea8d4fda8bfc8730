"""Search by the nearness of text vectors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import NotApplicable
from longshelf.features.words import is_words
from longshelf.models.base import Head, Model
from longshelf.models.rank.item_texts import ItemTexts, text_features, texts_of
from longshelf.models.rank.scorer import Scorer
from longshelf.models.rank.top import top_factors
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Ranking, Rows, Targets, Valid

__all__ = ["DenseRetrieval", "FittedRetrieval"]


@dataclass(frozen=True)
class FittedRetrieval(Scorer):
    """Unit vectors of the items, and the encoder that made them.

    Parameters
    ----------
    encoder : ItemTexts
    items : (C, d) float32 array or CSR
    """

    encoder: ItemTexts
    items: Matrix

    @property
    def parameters(self) -> int:
        return int(self.items.nnz if sp.issparse(self.items) else self.items.size)

    @property
    def head(self) -> Head | None:
        """The items' vectors where they are dense."""
        if sp.issparse(self.items):
            return None
        return Head(self.items, np.zeros(len(self.items), np.float32))

    @cached_property
    def turned(self) -> Matrix:
        """The items' vectors in columns; (d, C)."""
        return sp.csr_matrix(self.items.T) if sp.issparse(self.items) else self.items.T

    def embeddings(self, X: Matrix) -> Matrix:
        """Vectors of the sources: as given, or of their text; (n, d).

        Raises
        ------
        NotApplicable
            If the vectors given are not the encoder's.
        """
        if is_words(X):
            texts, place = np.unique(X[:, 0].astype(str), return_inverse=True)
            return self.encoder.encode([str(text) for text in texts])[place]
        if X.shape[1] != self.items.shape[1] or not np.issubdtype(X.dtype, np.floating):
            raise NotApplicable(
                f"dense_retrieval compares vectors of length {self.items.shape[1]}, and the "
                f"features have {X.shape[1]} columns; give it the features its encoder names, "
                "or features: words"
            )
        return X

    def scores(self, X: Matrix) -> FloatArray:
        products = self.embeddings(X) @ self.turned
        dense = products.toarray() if sp.issparse(products) else products
        return np.asarray(dense, dtype=np.float32)

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """The k best items for each row of X, without what was ``seen``."""
        if sp.issparse(self.items):
            return super().rank(X, k, seen)
        return top_factors(self.embeddings(X), self.items, None, k, seen)


@dataclass(frozen=True, kw_only=True)
class DenseRetrieval(Model):
    """Score items by the cosine of their text's vector with the query's: a frozen bi-encoder [1]_.

    Nothing is learned from rows, so popularity has no say and cold items compete. Reads ``words``
    and encodes them, or the sources' vectors as the same encoder made them (features: minilm).

    Parameters
    ----------
    encoder : str, default "minilm"
        Features that turn a text into a vector: ``minilm``, ``encoder(name=...)``, or ``tf_idf``,
        whose vocabulary is then that of the items and which needs features: words.

    Raises
    ------
    InputError
        If the encoder is unknown.
    NotApplicable
        If the items have no text, or the features are of another width.

    References
    ----------
    .. [1] Reimers and Gurevych, Sentence-BERT, EMNLP 2019, arXiv:1908.10084, section 3.

    Examples
    --------
    >>> DenseRetrieval().encoder
    'minilm'
    """

    abstract: ClassVar[bool] = False
    seeded: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    encoder: str = "minilm"

    def __post_init__(self) -> None:
        text_features(self.encoder, "dense_retrieval")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedRetrieval:
        texts = texts_of(targets, "dense_retrieval")
        encoder = ItemTexts(self.encoder, texts, "dense_retrieval")
        fitted = FittedRetrieval(encoder, encoder.encode(texts))
        fitted.embeddings(X[:1])
        return fitted
