"""Texts word by word: the cheap rival every language model must beat."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.generators.base import Corpus, Draft, Generator
from longshelf.generators.word_chains import WordChain
from longshelf.tables import IntArray

__all__ = ["Ngram"]


@dataclass(frozen=True, kw_only=True)
class Ngram(Generator):
    """Write word by word from the words of the target's own texts.

    Histories of up to ``order`` words are looked up among the texts of the target, then shorter
    ones, by Witten and Bell's back-off [1]_; last, now and then, among all texts.

    Parameters
    ----------
    order : int >= 1, default 2
        Longest history, in words; in characters for Chinese.
    borrow : float in [0, 1], default 0.1
        Where no history decides: probability of a word from all texts instead of the target's.

    References
    ----------
    .. [1] Witten and Bell, The Zero-Frequency Problem, IEEE Transactions on Information Theory
       1991, method C.

    Examples
    --------
    >>> Ngram(order=3).copies
    False
    """

    abstract: ClassVar[bool] = False

    order: int = 2
    borrow: float = 0.1

    def __post_init__(self) -> None:
        if self.order < 1:
            raise InputError(f"ngram's order must be at least 1, got {self.order}")
        if not 0 <= self.borrow <= 1:
            raise InputError(f"ngram's borrow must be in [0, 1], got {self.borrow}")

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Chains:
        return _Chains(corpus, self, WordChain(corpus.texts, self.order))


@dataclass(frozen=True)
class _Chains:
    """One chain per target, read when first asked for, all backing off to one of every text."""

    corpus: Corpus
    made: Ngram
    wider: WordChain
    chains: dict[int, WordChain] = field(default_factory=dict)

    def write(self, seeds: IntArray, rng: np.random.Generator) -> list[Draft | None]:
        return [Draft(self._of(code).write(rng), ()) for code in self.corpus.code[seeds].tolist()]

    def _of(self, code: int) -> WordChain:
        if code not in self.chains:
            own = (self.corpus.texts[i] for i in np.flatnonzero(self.corpus.code == code).tolist())
            self.chains[code] = WordChain(own, self.made.order, self.wider, self.made.borrow)
        return self.chains[code]
