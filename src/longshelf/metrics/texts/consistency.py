"""Whether a text reads like its category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from longshelf.metrics.texts.base import OfEach, TextReading
from longshelf.prepare.folding import lowered
from longshelf.tables import FloatArray

__all__ = ["ClassConsistency"]


@dataclass(frozen=True, kw_only=True)
class ClassConsistency(OfEach):
    """Share of texts that a classifier of the training texts puts into the category asked for.

    The judge is multinomial naive Bayes on the words, every category alike before it reads.
    Real texts of the same rows say how much it can tell.

    Examples
    --------
    >>> ClassConsistency().id
    'class_consistency'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "share of texts naive Bayes of the training texts finds in category"

    def able(self, reading: TextReading) -> bool:
        return reading.train is not None

    def parts(self, reading: TextReading) -> tuple[FloatArray, FloatArray]:
        counter, judge = reading.for_all("judge", lambda: _judge(reading))
        decided = judge.predict(counter.transform(reading.texts.tolist()))
        return (decided == np.asarray(reading.rows.code)).astype(float), np.ones(len(reading))


def _judge(reading: TextReading) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB

    assert reading.train is not None
    counter = CountVectorizer(analyzer=lowered)
    judge = MultinomialNB(fit_prior=False)
    judge.fit(counter.fit_transform(reading.train.y.tolist()), np.asarray(reading.train.code))
    return counter, judge
