"""What lets a draft through or refuses it: fitted on the training part, asked about drafts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np

from longshelf.generators.base import Corpus
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["Batch", "Filter", "Judge", "Judged"]


class Batch(NamedTuple):
    """Drafts to judge, and those of earlier rounds that were kept.

    Parameters
    ----------
    texts : m strings
    code : (m,) int array
        The target each is meant for.
    kept : k strings
    kept_code : (k,) int array
    """

    texts: Sequence[str]
    code: IntArray
    kept: Sequence[str] = ()
    kept_code: IntArray = np.zeros(0, dtype=np.int64)


class Judged(NamedTuple):
    """Which drafts pass, (m,), and the number each was judged by, (m,), NaN where there is none."""

    passes: BoolArray
    scores: FloatArray


class Judge(Protocol):
    """What :meth:`Filter.fit` returns."""

    def judge(self, batch: Batch) -> Judged:
        """Say of each draft whether it passes."""
        ...


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A rule that drafts must pass, described by its arguments."""

    abstract: ClassVar[bool] = True

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> Judge:
        """Learn from the training texts what a draft should be like.

        Raises
        ------
        NotApplicable
            If the texts do not allow it.
        """
        raise NotImplementedError
