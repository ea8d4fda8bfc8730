"""The targets' text as words or as vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.components import build
from longshelf.errors import InputError, NotApplicable
from longshelf.features import Features, FittedFeatures
from longshelf.features.text import language_of, words_in
from longshelf.tables import FloatArray, Matrix, Rows, Schema, Targets

__all__ = ["ItemTexts", "item_vectors", "text_features", "texts_of", "tokens"]


def texts_of(targets: Targets, model: str) -> list[str]:
    """The text of every target.

    Raises
    ------
    NotApplicable
        If the data give none.
    """
    if targets.text is None:
        raise NotApplicable(
            f"{model} reads the items' text, and these data give none; "
            "name a column `text` in the data set's targets"
        )
    return [str(text) for text in targets.text]


def tokens(texts: Sequence[str]) -> list[list[str]]:
    """Lower-case words of each text; Chinese ones cut by jieba where the texts are Chinese.

    Examples
    --------
    >>> tokens(["Red T-shirt, XL"])
    [['red', 't', 'shirt', 'xl']]
    """
    language = language_of(pl.Series(list(texts), dtype=pl.String))
    return [words_in(text, language) for text in texts]


def text_features(name: str, model: str) -> Features:
    """The features of this name.

    Raises
    ------
    InputError
        If they are unknown.
    """
    features = build("features", name)
    if not isinstance(features, Features):
        raise InputError(f"{model}'s encoder must be features of text, got {name!r}")
    return features


class ItemTexts:
    """An encoder of texts, fitted on the targets' own.

    Parameters
    ----------
    encoder : str
        Features of text: ``minilm``, ``tf_idf``, ``encoder(name=...)``.
    texts : list of str
        What a fitted encoder learns its vocabulary from.
    model : str
        Who asks, for errors.
    """

    def __init__(self, encoder: str, texts: list[str], model: str) -> None:
        self.fitted: FittedFeatures = text_features(encoder, model).fit(
            _rows(texts), Schema(text=("text",))
        )

    def encode(self, texts: list[str]) -> Matrix:
        """Unit vectors of texts, empty ones zero; (n, d) float32, dense or CSR."""
        vectors = self.fitted.transform(_rows(texts))
        if sp.issparse(vectors):
            from longshelf.models.rank.nearest import unit_rows

            return unit_rows(vectors)
        return _unit(np.asarray(vectors, dtype=np.float32))


def item_vectors(targets: Targets, encoder: str, model: str) -> Matrix:
    """Unit vectors of the targets' texts; (C, d) float32, dense or CSR."""
    texts = texts_of(targets, model)
    return ItemTexts(encoder, texts, model).encode(texts)


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))


def _rows(texts: list[str]) -> Rows:
    n = len(texts)
    code = np.zeros(n, dtype=np.int64)
    inputs = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    return Rows(id=np.arange(n), inputs=inputs, y=code, code=code, groups=pl.DataFrame())
