"""Drafts that differ from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.generators.base import Corpus
from longshelf.generators.filters.base import Batch, Filter, Judged
from longshelf.tables import BoolArray, FloatArray

__all__ = ["Diverse"]

CHUNK = 500
"""Known texts compared at once."""


@dataclass(frozen=True, kw_only=True)
class Diverse(Filter):
    """Keep the part of each target's drafts whose members lie farthest from each other.

    Farthest-first selection [1]_: of the drafts of a round, the one whose nearest kept draft of its
    target is farthest away is kept next, starting from those kept in earlier rounds and the target's
    training texts. Distance is one minus the cosine of counts of runs of three letters. The others
    are dropped and asked for again, so the generator is asked about ``1 / share`` times as often.

    Parameters
    ----------
    share : float in (0, 1], default 0.5
        Of a round's drafts of each target that is kept, one at least.

    References
    ----------
    .. [1] Gonzalez, Clustering to Minimize the Maximum Intercluster Distance, Theoretical Computer
       Science 1985.

    Examples
    --------
    >>> Diverse(share=0.25).share
    0.25
    """

    abstract: ClassVar[bool] = False

    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InputError(f"diverse's share must lie in (0, 1], got {self.share}")

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Spread:
        from sklearn.feature_extraction.text import HashingVectorizer

        hashing = HashingVectorizer(analyzer="char", ngram_range=(3, 3), alternate_sign=False)
        return _Spread(self.share, corpus, hashing)


@dataclass(frozen=True)
class _Spread:
    share: float
    corpus: Corpus
    vectoriser: Any

    def judge(self, batch: Batch) -> Judged:
        passes = np.zeros(len(batch.texts), dtype=bool)
        distance = np.zeros(len(batch.texts))
        for code in np.unique(batch.code).tolist():
            mine = np.flatnonzero(batch.code == code)
            known = _at(self.corpus.texts, self.corpus.code == code)
            known += _at(batch.kept, batch.kept_code == code)
            far = self._farthest(_at(batch.texts, batch.code == code), known)
            for place, away in far:
                passes[mine[place]], distance[mine[place]] = True, away
        return Judged(passes, distance)

    def _farthest(self, texts: list[str], known: list[str]) -> list[tuple[int, float]]:
        """Places of the texts to keep, and how far each was from those before it."""
        vectors = self.vectoriser.transform(texts)
        nearest: FloatArray = np.ones(len(texts))
        for start in range(0, len(known), CHUNK):
            others = self.vectoriser.transform(known[start : start + CHUNK])
            nearest = np.minimum(nearest, 1 - _dense((vectors @ others.T).max(axis=1)))
        kept: list[tuple[int, float]] = []
        for _ in range(max(1, round(self.share * len(texts)))):
            place = int(nearest.argmax())
            kept.append((place, float(max(nearest[place], 0.0))))
            nearest = np.minimum(nearest, 1 - _dense(vectors @ vectors[place].T))
            nearest[place] = -np.inf
        return kept


def _at(texts: Sequence[str], where: BoolArray) -> list[str]:
    return [texts[at] for at in np.flatnonzero(where).tolist()]


def _dense(column: Any) -> FloatArray:
    return np.asarray(column.toarray(), dtype=float).ravel()
