"""Drafts that say something new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.generators.base import Corpus
from longshelf.generators.filters.base import Batch, Filter, Judged
from longshelf.prepare import normalise_key
from longshelf.prepare.likeness import Likeness
from longshelf.prepare.words import language_of

__all__ = ["NearDuplicate"]


@dataclass(frozen=True, kw_only=True)
class NearDuplicate(Filter):
    """Drop drafts that share nearly all of their letters with a training text or a kept draft.

    The sets of runs of four letters, of two in Chinese, are compared by the Jaccard coefficient
    [1]_, case and marks aside. Texts of valid and test are guarded against without this filter.

    Parameters
    ----------
    threshold : float in (0, 1], default 0.9
        Coefficient from which a draft is dropped; at 1 only equal sets are.

    References
    ----------
    .. [1] Broder, On the resemblance and containment of documents, SEQUENCES 1997.

    Examples
    --------
    >>> NearDuplicate(threshold=0.8).threshold
    0.8
    """

    abstract: ClassVar[bool] = False

    threshold: float = 0.9

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise InputError(f"near_duplicate's threshold must lie in (0, 1], got {self.threshold}")

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Compared:
        known = list(dict.fromkeys(_plain(corpus.texts)))
        size = 2 if language_of(pl.Series(known)) == "zh" else 4
        return _Compared(Likeness(known, self.threshold, size))


def _plain(texts: Sequence[str]) -> list[str]:
    """Normal forms; texts without any letter are all the same."""
    return normalise_key(pl.Series(texts, dtype=pl.String)).replace("", " ").to_list()


@dataclass(frozen=True)
class _Compared:
    known: Likeness

    def judge(self, batch: Batch) -> Judged:
        drafts = _plain(batch.texts)
        kept = Likeness(_plain(batch.kept), self.known.least, self.known.size)
        alike = np.maximum(self.known.of(drafts), kept.of(drafts))
        seen = set[str]()
        for at, draft in enumerate(drafts):
            alike[at] = 1.0 if draft in seen else alike[at]
            seen.add(draft)
        return Judged(alike == 0, alike)
