"""Rare targets in the words of frequent ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.generators.base import Corpus, Draft, Generator
from longshelf.generators.phrases import Phrase
from longshelf.generators.telling import Telling
from longshelf.slices import HEAD, cut
from longshelf.tables import IntArray

__all__ = ["CrossClass"]

MOST = 3
"""Words that go with a draft from its own target."""


@dataclass(frozen=True, kw_only=True)
class CrossClass(Generator):
    """Borrow the phrasing of a head text for a target with few texts of its own.

    Out of a text of the head go the words that tell its target or are typical of it: more than half
    of the texts that hold such a word are of the target, or a fifth of its texts hold the word, and
    either way the word doubles the odds of the target. In the place of the most frequent of them
    come at most three words that tell the target of the draft, those of the text it starts from or
    else the target's most frequent one. What is kept of the head text is its brand, colour and
    occasion. Of some head texts drawn at random the one is taken that shares most other words with
    the start, so that what is worn by women stays so. The idea of moving what varies in frequent
    classes to rare ones is that of feature transfer [1]_, here in words.

    Parameters
    ----------
    choices : int >= 1, default 20
        Head texts drawn.

    References
    ----------
    .. [1] Yin et al., Feature Transfer Learning for Face Recognition with Under-Represented Data,
       CVPR 2019, arXiv:1803.09014; Kim, Jeong and Shin, M2m: Imbalanced Classification via
       Major-to-Minor Translation, CVPR 2020, arXiv:2004.00431.

    Examples
    --------
    >>> CrossClass(choices=5).copies
    False
    """

    abstract: ClassVar[bool] = False

    choices: int = 20

    def __post_init__(self) -> None:
        if self.choices < 1:
            raise InputError(f"cross_class needs choices of at least 1, got {self.choices}")

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Borrower:
        phrases = [Phrase.of(text) for text in corpus.texts]
        telling = Telling(phrases, corpus.code)
        counts = np.bincount(corpus.code, minlength=len(corpus.names)).astype(float)
        frequent = (cut(counts).of == HEAD)[corpus.code]
        lent = [
            row for row in np.flatnonzero(frequent).tolist()
            if _typical(phrases[row], telling, int(corpus.code[row]))
        ]  # fmt: skip
        return _Borrower(self, corpus, phrases, telling, np.array(lent, dtype=np.int64))


def _typical(phrase: Phrase, telling: Telling, target: int) -> list[int]:
    """Where the words stand that tell a target or are typical of it."""
    return [at for at, word in enumerate(phrase.words) if telling.typical(word, target)]


@dataclass(frozen=True)
class _Borrower:
    """Texts of the head that can be borrowed are at the positions ``lent``."""

    made: CrossClass
    corpus: Corpus
    phrases: list[Phrase]
    telling: Telling
    lent: IntArray

    def write(self, seeds: IntArray, rng: np.random.Generator) -> list[Draft | None]:
        names = {code: self._name(code) for code in np.unique(self.corpus.code[seeds]).tolist()}
        return [
            self._draft(seed, names[int(self.corpus.code[seed])], rng) for seed in seeds.tolist()
        ]

    def _name(self, code: int) -> list[str]:
        """The word that tells a target in most of its texts."""
        count = Counter(
            word
            for row in np.flatnonzero(self.corpus.code == code).tolist()
            for word in self.phrases[row].words
            if self.telling.of(word) == code
        )
        return [word for word, _ in count.most_common(1)]

    def _draft(self, seed: int, name: list[str], rng: np.random.Generator) -> Draft | None:
        target, own = int(self.corpus.code[seed]), self.phrases[seed]
        told = self._told(own, target) or name
        others = self.lent[self.corpus.code[self.lent] != target]
        if not told or not len(others):
            return None
        drawn = rng.choice(others, self.made.choices).tolist()
        rest = {word.lower() for word in own.words} - {word.lower() for word in told}
        row = max(drawn, key=lambda one: len(rest & {w.lower() for w in self.phrases[one].words}))
        return Draft(self._spoken(row, told).text, (seed, row))

    def _told(self, phrase: Phrase, target: int) -> list[str]:
        """The most frequent words of a text that tell its target, in its order."""
        telling = {word for word in phrase.words if self.telling.of(word) == target}
        best = sorted(telling, key=lambda word: (-self.telling.count(word, target), word))[:MOST]
        return [word for word in dict.fromkeys(phrase.words) if word in best]

    def _spoken(self, row: int, told: list[str]) -> Phrase:
        """A head text with these words for those of its own target."""
        phrase, target = self.phrases[row], int(self.corpus.code[row])
        places = _typical(phrase, self.telling, target)
        first = max(places, key=lambda at: self.telling.count(phrase.words[at], target))
        phrase = phrase.replaced(first, told[0])
        for place, word in enumerate(told[1:], first + 1):
            phrase = phrase.inserted(place, word)
        shift = len(told) - 1
        for at in reversed(places):
            if at != first:
                phrase = phrase.without(at + shift if at > first else at)
        return phrase
