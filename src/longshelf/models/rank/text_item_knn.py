"""Items whose text is like that of the items a source had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.models.base import Model
from longshelf.models.rank.item_texts import item_vectors, text_features
from longshelf.models.rank.profiles import profiles_of
from longshelf.models.rank.vectors import ProfileVectors
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

__all__ = ["TextItemKnn"]


@dataclass(frozen=True, kw_only=True)
class TextItemKnn(Model):
    """Score an item by the mean cosine of its text with the texts of the items a source had.

    Knows nothing of popularity, so items of the tail, and cold ones without any row, compete on
    equal terms. The mean is weighted by the rows' weights. Sources without a profile get the
    popular items. Reads ``ids``, or ``history``.

    Parameters
    ----------
    encoder : str, default "minilm"
        Features that turn a text into a vector: ``minilm``, ``tf_idf``, ``encoder(name=...)``.

    Raises
    ------
    InputError
        If the encoder is unknown.
    NotApplicable
        If the items have no text.

    References
    ----------
    .. [1] Pazzani and Billsus, Content-Based Recommendation Systems, The Adaptive Web, 2007,
       section 10.2.

    Examples
    --------
    >>> TextItemKnn(encoder="tf_idf")
    TextItemKnn(encoder='tf_idf')
    """

    abstract: ClassVar[bool] = False
    seeded: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    encoder: str = "minilm"

    def __post_init__(self) -> None:
        text_features(self.encoder, "text_item_knn")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> ProfileVectors:
        profiles = profiles_of(X, rows, targets, strategy, "text_item_knn")
        vectors = item_vectors(targets, self.encoder, "text_item_knn")
        return ProfileVectors(profiles, vectors, "text_item_knn")
