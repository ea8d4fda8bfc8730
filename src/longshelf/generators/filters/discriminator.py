"""Drafts that a classifier cannot tell from real texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.generators.base import Corpus
from longshelf.generators.filters.base import Batch, Filter, Judged
from longshelf.generators.filters.classifier import TextClassifier
from longshelf.tables import BoolArray, FloatArray

__all__ = ["Discriminator"]

FEW = 20
"""Drafts under which nothing can be told."""


@dataclass(frozen=True, kw_only=True)
class Discriminator(Filter):
    """Drop drafts that a classifier tells from real texts.

    Logistic regression on TF-IDF learns training texts against half of the drafts, and judges the
    other half; then the halves change places, so no draft is judged by a classifier that knows it.
    It is the discriminator of a GAN used once, as in discriminator rejection sampling [1]_. Under 20
    drafts, those kept in earlier rounds included, all pass without a number.

    Parameters
    ----------
    threshold : float in (0, 1), default 0.9
        Probability of being generated, real and generated of equal weight, from which a draft is
        dropped.

    References
    ----------
    .. [1] Azadi et al., Discriminator Rejection Sampling, ICLR 2019, arXiv:1810.06758.

    Examples
    --------
    >>> Discriminator(threshold=0.8).threshold
    0.8
    """

    abstract: ClassVar[bool] = False

    threshold: float = 0.9

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise InputError(f"discriminator's threshold must lie in (0, 1), got {self.threshold}")

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Halves:
        return _Halves(self.threshold, corpus)


@dataclass(frozen=True)
class _Halves:
    threshold: float
    corpus: Corpus

    def judge(self, batch: Batch) -> Judged:
        if len(batch.texts) + len(batch.kept) < FEW:
            n = len(batch.texts)
            return Judged(np.ones(n, dtype=bool), np.full(n, np.nan))
        odd = np.arange(len(batch.texts)) % 2 == 1
        made: FloatArray = np.zeros(len(batch.texts))
        for half in (odd, ~odd):
            if half.any():
                made[half] = self._generated(batch, half)
        return Judged(made < self.threshold, made)

    def _generated(self, batch: Batch, half: BoolArray) -> FloatArray:
        """Probability that each draft of a half is generated, learned from the other; (m,)."""
        asked = [batch.texts[at] for at in np.flatnonzero(half).tolist()]
        known = [batch.texts[at] for at in np.flatnonzero(~half).tolist()] + list(batch.kept)
        texts = [*self.corpus.texts, *known]
        generated = np.arange(len(texts)) >= len(self.corpus.texts)
        classifier = TextClassifier.fit(texts, generated.astype(np.int64))
        return classifier.probability(asked, np.ones(len(asked), dtype=np.int64))
