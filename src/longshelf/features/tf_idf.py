"""TF-IDF of words and characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.features.base import Features
from longshelf.features.text import WORD, language_of, text_columns, text_of, words_of
from longshelf.tables import Matrix, Rows, Schema

__all__ = ["FittedTfIdf", "TfIdf"]

Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class TfIdf(Features):
    """Counts of word and character n-grams, damped, weighed by rarity, rows at length 1.

    ``(1 + log tf) * (1 + log((1 + n) / (1 + df)))`` [1]_, computed by scikit-learn; sparse float32.

    Parameters
    ----------
    words : (int, int) or None, default (1, 2)
        Shortest and longest run of words.
    characters : (int, int) or None, default None
        Shortest and longest run of characters inside words, such as (2, 5).
    min_rows : int, default 2
        Training rows a run must occur in.
    max_features : int or None, default None
        Keep the most frequent runs only.
    language : {"auto", "en", "zh"}, default "auto"
        Chinese words are cut by jieba; ``auto`` looks at the training text.
    observed : bool, default False
        Let observed rows alone say which runs count and how rare they are. Otherwise rows that a
        remedy wrote say so too: with copies every run of a rare row occurs often enough to count.

    References
    ----------
    .. [1] Salton and Buckley, Term-weighting approaches in automatic text retrieval, 1988, table 1.

    Examples
    --------
    >>> TfIdf(words=None, characters=(2, 5)).words is None
    True
    """

    abstract: ClassVar[bool] = False

    words: Span | None = (1, 2)
    characters: Span | None = None
    min_rows: int = 2
    max_features: int | None = None
    language: Literal["auto", "en", "zh"] = "auto"
    observed: bool = False

    def __post_init__(self) -> None:
        if self.words is None and self.characters is None:
            raise InputError("tf_idf needs words or characters, got neither; e.g. words=(1, 2)")
        for name in ("words", "characters"):
            span = getattr(self, name)
            if isinstance(span, list):
                object.__setattr__(self, name, tuple(span))
            if span is not None and not (len(span) == 2 and 1 <= span[0] <= span[1]):
                raise InputError(f"{name} must be (shortest, longest) from 1 up, got {span!r}")
        if self.language not in ("auto", "en", "zh"):
            raise InputError(f"language must be auto, en or zh, got {self.language!r}")
        if self.min_rows < 1:
            raise InputError(f"min_rows must be at least 1, got {self.min_rows}")

    def fit(self, train: Rows, schema: Schema) -> FittedTfIdf:
        columns = text_columns(schema, "tf_idf")
        read = train.observed if self.observed else train
        texts = text_of(read, columns)
        language = language_of(texts) if self.language == "auto" else self.language
        plan = [("word", self.words), ("char_wb", self.characters)]
        vectorisers = [
            self._vectoriser(analyser, span, language)
            for analyser, span in plan
            if span is not None
        ]
        try:
            for vectoriser in vectorisers:
                vectoriser.fit(texts.to_list())
        except ValueError as error:
            raise InputError(
                f"tf_idf found no run of words or characters that {self.min_rows} of the "
                f"{len(read)} training rows hold; lower min_rows, or check the text in "
                f"{', '.join(columns)}"
            ) from error
        return FittedTfIdf(columns, tuple(vectorisers))

    def _vectoriser(self, analyser: str, span: Span, language: str) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        chinese = analyser == "word" and language == "zh"
        return TfidfVectorizer(
            analyzer=analyser,
            ngram_range=span,
            tokenizer=words_of if chinese else None,
            token_pattern=None if chinese or analyser != "word" else WORD,
            min_df=self.min_rows,
            max_features=self.max_features,
            sublinear_tf=True,
            dtype=np.float32,
        )


@dataclass(frozen=True)
class FittedTfIdf:
    """A vocabulary and its weights.

    Parameters
    ----------
    columns : tuple of str
        Text columns read.
    vectorisers : tuple of fitted scikit-learn vectorisers
    """

    columns: tuple[str, ...]
    vectorisers: tuple[Any, ...]

    @property
    def names(self) -> list[str]:
        """What each column of the matrix counts."""
        return [name for part in self.vectorisers for name in part.get_feature_names_out()]

    def transform(self, rows: Rows) -> Matrix:
        texts = text_of(rows, self.columns).to_list()
        if not texts:
            return sp.csr_matrix((0, len(self.names)), dtype=np.float32)
        parts = [vectoriser.transform(texts) for vectoriser in self.vectorisers]
        if len(parts) == 1:
            return sp.csr_matrix(parts[0])
        from sklearn.preprocessing import normalize

        return sp.csr_matrix(normalize(sp.hstack(parts, format="csr"), copy=False))
