"""Drafts of a usual length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.generators.base import Corpus
from longshelf.generators.filters.base import Batch, Filter, Judged
from longshelf.generators.word_chains import words
from longshelf.tables import FloatArray

__all__ = ["Length"]


@dataclass(frozen=True, kw_only=True)
class Length(Filter):
    """Drop drafts shorter or longer than most texts of their target.

    Lengths are counted in words, in Chinese in characters, and compared with two quantiles of the
    target's training texts; of all training texts where the target has fewer than ``least``.

    Parameters
    ----------
    low, high : float in [0, 1], default 0.01 and 0.99
        The quantiles.
    least : int >= 1, default 20
        Rows of a target from which its own quantiles are trusted.

    Examples
    --------
    >>> Length(high=0.95).high
    0.95
    """

    abstract: ClassVar[bool] = False

    low: float = 0.01
    high: float = 0.99
    least: int = 20

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high <= 1:
            raise InputError(
                f"length needs 0 <= low < high <= 1, got low={self.low} and high={self.high}"
            )
        if self.least < 1:
            raise InputError(f"length's least must be at least 1, got {self.least}")

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Span:
        found = _lengths(corpus.texts)
        ends = [self.low, self.high]
        span = np.tile(np.quantile(found, ends), (len(corpus.names), 1))
        for code, n in enumerate(np.bincount(corpus.code, minlength=len(corpus.names))):
            if n >= self.least:
                span[code] = np.quantile(found[corpus.code == code], ends)
        return _Span(span)


def _lengths(texts: Iterable[str]) -> FloatArray:
    return np.array([len(words(text)) for text in texts], dtype=float)


@dataclass(frozen=True)
class _Span:
    """Shortest and longest length allowed; (C, 2)."""

    span: FloatArray

    def judge(self, batch: Batch) -> Judged:
        length = _lengths(batch.texts)
        least, most = self.span[batch.code].T
        return Judged((length >= least) & (length <= most), length)
