"""A quick classifier of texts, for filters to ask."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from longshelf.prepare.words import WORD, language_of, words_of
from longshelf.tables import FloatArray, IntArray

__all__ = ["TextClassifier"]


@dataclass(frozen=True)
class TextClassifier:
    """Logistic regression on TF-IDF of words and word pairs, classes balanced by weight.

    Parameters
    ----------
    vectoriser, model
        Of scikit-learn, fitted.
    """

    vectoriser: Any
    model: Any

    @staticmethod
    def fit(texts: Sequence[str], y: IntArray) -> TextClassifier:
        """Learn which text has which class; two classes at least are needed."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        chinese = language_of(pl.Series(texts, dtype=pl.String)) == "zh"
        vectoriser = TfidfVectorizer(
            ngram_range=(1, 2), sublinear_tf=True, dtype=np.float32,
            tokenizer=words_of if chinese else None, token_pattern=None if chinese else WORD,
        )  # fmt: skip
        model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=100, tol=1e-3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(vectoriser.fit_transform(texts), y)
        return TextClassifier(vectoriser, model)

    def probability(self, texts: Sequence[str], y: IntArray) -> FloatArray:
        """What each text's class is worth, 0 for a class never seen; (n,)."""
        found = self.model.predict_proba(self.vectoriser.transform(texts))
        place = np.searchsorted(self.model.classes_, y)
        known = np.isin(y, self.model.classes_)
        value = found[np.arange(len(y)), np.minimum(place, found.shape[1] - 1)]
        return np.where(known, value, 0.0)
