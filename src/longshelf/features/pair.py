"""Two texts of a row, compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.errors import InputError, NotApplicable
from longshelf.features.base import Features, FittedFeatures
from longshelf.features.categories import column_of
from longshelf.features.combined import FittedCombined
from longshelf.features.comparison import compared, cosine, difference
from longshelf.features.similarities import NAMES, Similarities
from longshelf.features.text import text_of
from longshelf.features.tf_idf import FittedTfIdf, TfIdf
from longshelf.tables import FloatArray, Matrix, Rows, Schema

__all__ = ["FittedStrings", "FittedVectors", "Pair", "offers", "sides", "two_texts"]

SIDE = Schema(text=("text",))
"""Of rows that hold one text of a pair each."""

TRIGRAMS = TfIdf(words=None, characters=(3, 3), min_rows=1)

Sides = tuple[str, str]

_BATCH = 4096
"""Pairs compared at once."""


@dataclass(frozen=True, kw_only=True)
class Pair(Features):
    """How the two texts of a row compare: what tells whether two offers are one product.

    ``strings`` gives 15 similarities between 0 and 1: words shared, all alike and weighed by
    inverse document frequency; numbers and model codes shared, whatever joins their parts;
    lengths; the cosine of character trigrams. A numeric column of each side, such as
    ``left_price`` and ``right_price`` beside the texts ``left`` and ``right``, adds the relative
    difference of the two and whether one is missing.

    ``encoder`` adds the comparison of two vectors u and v [1]_: their cosine, ``|u - v|`` and
    ``u * v``, dense or CSR as the encoder gives them. Frequencies and vocabularies are those of
    the distinct training texts.

    Parameters
    ----------
    encoder : Features or None, default None
        Features of text that gives vectors, such as ``minilm`` or ``tf_idf``.
    strings : bool, default True
        Compare words, characters, codes and numbers.

    Raises
    ------
    InputError
        If there is nothing to compare by, or the encoder gives no numbers.
    NotApplicable
        If the data do not name exactly two text columns.

    References
    ----------
    .. [1] Reimers and Gurevych, Sentence-BERT, EMNLP 2019, arXiv:1908.10084, table 6; for the
       similarities, Konda et al., Magellan, PVLDB 9(12), 2016.

    Notes
    -----
    Columns of vectors are small beside the similarities, and are left so: scaled to vary by about
    1 they drown them. F1 of matches on valid of Abt-Buy, scaled and as they are: .774 and .877
    (logistic), .763 and .881 (mlp); of Amazon-Google .593 and .666, .625 and .672.

    Examples
    --------
    >>> from longshelf.components import build, show
    >>> show(build("features", "pair(encoder=minilm) + pair(encoder=tf_idf, strings=False)"))
    'pair(encoder=minilm) + pair(encoder=tf_idf, strings=False)'
    """

    abstract: ClassVar[bool] = False

    encoder: Features | None = None
    strings: bool = True

    def __post_init__(self) -> None:
        if not (self.encoder is None or isinstance(self.encoder, Features)):
            raise InputError(f"pair's encoder must be features of text, got {self.encoder!r}")
        if self.encoder is None and not self.strings:
            raise InputError("pair compares by an encoder, by strings or both, got neither")

    @property
    def parts(self) -> tuple[Features, ...]:
        """The encoder, where there is one."""
        return () if self.encoder is None else (self.encoder,)

    def fit(self, train: Rows, schema: Schema) -> FittedFeatures:
        columns = two_texts(schema)
        known = offers(train, columns)
        fitted: list[FittedFeatures] = []
        if self.strings:
            texts = known.inputs["text"].to_list()
            trigrams = TRIGRAMS.fit(known, SIDE)
            numbers = _numbers_of_both(schema, columns)
            fitted.append(FittedStrings(columns, Similarities.fit(texts), trigrams, numbers))
        if self.encoder is not None:
            fitted.append(FittedVectors(columns, self.encoder.fit(known, SIDE)))
        return fitted[0] if len(fitted) == 1 else FittedCombined(tuple(fitted))


@dataclass(frozen=True)
class FittedStrings:
    """String similarities and numeric differences.

    Parameters
    ----------
    columns : (str, str)
        The two texts.
    similarities : Similarities
    trigrams : FittedTfIdf
    numbers : tuple of str
        What follows the names of the texts in numeric columns of both.
    """

    columns: Sides
    similarities: Similarities
    trigrams: FittedTfIdf
    numbers: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """What each column holds."""
        told = [(f"{name} difference", f"{name} missing") for name in self.numbers]
        return [*NAMES, "trigram cosine", *(name for pair in told for name in pair)]

    def transform(self, rows: Rows) -> FloatArray:
        X = np.empty((len(rows), len(self.names)), np.float32)
        for start in range(0, len(rows), _BATCH):
            part = rows.take(np.arange(start, min(start + _BATCH, len(rows))))
            X[start : start + _BATCH] = self._block(part)
        return X

    def _block(self, rows: Rows) -> FloatArray:
        n, both = len(rows), sides(rows, self.columns)
        texts = both.inputs["text"].to_list()
        written = self.similarities.compare(texts[:n], texts[n:])
        grams = self.trigrams.transform(both)
        alike = cosine(grams[:n], grams[n:])
        left, right = self.columns
        numbers = [
            difference(column_of(rows, f"{left}_{name}"), column_of(rows, f"{right}_{name}"))
            for name in self.numbers
        ]
        return np.concatenate([written, alike, *numbers], axis=1, dtype=np.float32)


@dataclass(frozen=True)
class FittedVectors:
    """Comparison of the vectors of two texts.

    Parameters
    ----------
    columns : (str, str)
        The two texts.
    encoder : FittedFeatures
        Reads one text a row.
    """

    columns: Sides
    encoder: FittedFeatures

    def transform(self, rows: Rows) -> Matrix:
        return compared(self.encoder.transform(sides(rows, self.columns)))


def two_texts(schema: Schema) -> Sides:
    """The two text columns of pairs.

    Raises
    ------
    NotApplicable
        If there are fewer or more.
    """
    if len(schema.text) != 2:
        raise NotApplicable(
            f"pair compares two texts, and these data name {len(schema.text)} text columns: "
            f"{', '.join(schema.text) or 'none'}. Name exactly two, or use tf_idf or minilm"
        )
    return schema.text[0], schema.text[1]


def sides(rows: Rows, columns: Sides) -> Rows:
    """The left texts, then the right ones; 2n rows of :data:`SIDE`."""
    return _of_texts(pl.concat([text_of(rows, (column,)) for column in columns]))


def offers(train: Rows, columns: Sides) -> Rows:
    """The distinct texts of pairs: how often an offer was paired says nothing of its words."""
    return _of_texts(sides(train, columns).inputs["text"].unique(maintain_order=True))


def _of_texts(texts: pl.Series) -> Rows:
    code = np.zeros(len(texts), dtype=np.int64)
    inputs = texts.alias("text").to_frame()
    return Rows(id=np.arange(len(texts)), inputs=inputs, y=code, code=code, groups=pl.DataFrame())


def _numbers_of_both(schema: Schema, columns: Sides) -> tuple[str, ...]:
    left, right = (
        [name.removeprefix(f"{side}_") for name in schema.numeric if name.startswith(f"{side}_")]
        for side in columns
    )
    return tuple(name for name in left if name in right)
