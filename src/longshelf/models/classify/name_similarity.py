"""Classes by the likeness of a text to their names, and to the rows there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError, NotApplicable
from longshelf.evidence import row_weights
from longshelf.features.words import is_words
from longshelf.models.base import Head, Model
from longshelf.models.classify.constant import ABSENT
from longshelf.models.rank.item_texts import ItemTexts, text_features
from longshelf.models.rank.nearest import unit_rows
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["FittedSimilarity", "NameSimilarity"]


@dataclass(frozen=True)
class FittedSimilarity:
    """Unit vectors of the classes.

    Parameters
    ----------
    classes : (C, d) float32 array or CSR
    bias : (C,) float32 array
        Keeps a class out of which neither name nor rows say anything.
    scale : float
    encoder : ItemTexts or None
        Where texts are read; None where their vectors are.
    """

    classes: Matrix
    bias: FloatArray
    scale: float
    encoder: ItemTexts | None

    @property
    def parameters(self) -> int:
        return int(self.classes.nnz if sp.issparse(self.classes) else self.classes.size)

    @property
    def head(self) -> Head | None:
        """The class vectors where they are dense and the model reads vectors."""
        if self.encoder is not None or sp.issparse(self.classes):
            return None
        return Head(self.scale * self.classes, self.bias)

    def scores(self, X: Matrix) -> FloatArray:
        vectors = X if self.encoder is None else self.encoder.encode(_texts(X))
        products = vectors @ self.classes.T
        dense = products.toarray() if sp.issparse(products) else products
        return np.asarray(self.scale * dense + self.bias, dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class NameSimilarity(Model):
    """The class whose name, mixed with the rows it has, is nearest to the text by cosine.

    With n(c) the unit vector of a class's name, or of its description where the targets have text,
    x_i those of its rows and w_i their weights, its vector is ``strength n(c) + sum_i w_i x_i``,
    brought to length 1, and its score ``scale`` times the cosine: a name counts as many rows as
    ``strength`` says [1]_ [2]_. A class without rows is known by its name alone. Class frequency
    plays no part. Reads ``words`` and encodes them, or vectors the same encoder made (features:
    minilm).

    Parameters
    ----------
    encoder : str, default "minilm"
        Features that turn a text into a vector: ``minilm``, ``encoder(name='…')``, or
        ``tf_idf(min_rows=1)``, whose vocabulary is that of training texts and names, no word of a
        name too rare, and which needs features: words.
    strength : float >= 0, default 5.0
        Rows a name counts for; 0 leaves names out, 1e9 leaves rows out.
    template : str, default "{label}"
        What is encoded of a name, such as ``a product of the kind {label}``.
    scale : float > 0, default 20.0
        Inverse temperature of the softmax; decisions do not feel it.

    Raises
    ------
    InputError
        If an argument is out of range, or the template has no ``{label}``.
    NotApplicable
        If the features are neither words nor the encoder's own vectors.

    Notes
    -----
    The default strength was chosen on the validation part of fashion's 118 tail types, thinned to
    1, 2, 5, 10 and all of their training rows: macro-F1 .574, .621, .724, .749, .747 at 5; .604,
    .664, .679, .699, .707 at 2; .498, .520, .595, .687, .761 at 20; .325, .439, .551, .589, .641
    at 0. Names alone give .456; a phrase around them, such as ``a {label}``, .446.

    References
    ----------
    .. [1] Yin, Hay and Roth, Benchmarking Zero-shot Text Classification, EMNLP 2019,
       arXiv:1909.00161, section 5, for names alone.
    .. [2] Snell et al., Prototypical Networks for Few-shot Learning, NeurIPS 2017,
       arXiv:1703.05175, eq. 1, for rows alone.

    Examples
    --------
    >>> NameSimilarity(encoder="tf_idf", strength=0.0).strength
    0.0
    """

    abstract: ClassVar[bool] = False
    seeded: ClassVar[bool] = False

    encoder: str = "minilm"
    strength: float = 5.0
    template: str = "{label}"
    scale: float = 20.0

    def __post_init__(self) -> None:
        text_features(self.encoder, "name_similarity")
        if self.strength < 0 or self.scale <= 0:
            raise InputError(
                "name_similarity needs strength of 0 or more and scale above 0, got "
                f"strength={self.strength}, scale={self.scale}"
            )
        if "{label}" not in self.template:
            raise InputError(
                f"name_similarity's template must hold {{label}}, got {self.template!r}"
            )

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedSimilarity:
        told = targets.names if targets.text is None else targets.text
        said = [str(text) or str(name) for text, name in zip(told, targets.names, strict=True)]
        names = [self.template.replace("{label}", text) for text in said]
        own = _texts(X) if is_words(X) else []
        encoder = ItemTexts(self.encoder, [*own, *names], "name_similarity")
        vectors = encoder.encode(own) if is_words(X) else X
        named = encoder.encode(names)
        if sp.issparse(vectors) != sp.issparse(named) or vectors.shape[1] != named.shape[1]:
            raise NotApplicable(
                f"name_similarity compares vectors of {self.encoder}, {named.shape[1]} wide, and "
                f"the features have {vectors.shape[1]} columns; give it the features its encoder "
                "names, or features: words"
            )
        place = (rows.y, np.arange(len(rows)))
        weights = row_weights(strategy, rows, targets)
        held = sp.csr_matrix((weights, place), shape=(len(targets), len(rows)))
        classes = _unit(held @ vectors + self.strength * named)
        squares = classes.multiply(classes) if sp.issparse(classes) else classes**2
        unknown = np.asarray(squares.sum(axis=1)).ravel() == 0
        bias = np.where(unknown, self.scale * ABSENT, 0).astype(np.float32)
        return FittedSimilarity(classes, bias, self.scale, encoder if is_words(X) else None)


def _texts(X: Matrix) -> list[str]:
    if X.shape[1] != 1:
        raise NotApplicable("name_similarity reads one text per row; give it features: words")
    return [str(text) for text in X[:, 0]]


def _unit(vectors: Matrix) -> Matrix:
    if sp.issparse(vectors):
        return unit_rows(sp.csr_matrix(vectors))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
