"""Easy data augmentation: a few words replaced, inserted, swapped or left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.generators.base import Corpus, Draft, Generator
from longshelf.generators.function_words import is_function_word
from longshelf.generators.neighbours import Neighbours
from longshelf.generators.phrases import Phrase
from longshelf.generators.telling import Telling
from longshelf.tables import IntArray

__all__ = ["Eda"]


@dataclass(frozen=True, kw_only=True)
class Eda(Generator):
    """Change a share of a text's words by one of four operations, drawn anew for each draft [1]_.

    Of a text of l words, n = max(1, int(alpha * l)) words are

    - replaced by a near word,
    - or n near words of some of its words are inserted anywhere,
    - or two words change places, n times,
    - or each word is left out with probability alpha, one at least.

    The paper takes synonyms from WordNet. Here they are the words of the training texts that stand
    between the same words, by positive mutual information of left and right neighbours: no
    dictionary is needed and any language serves, but *red* then becomes *blue*. So that a shoe does
    not become a sandal, a word enters no text of another target than the one it tells, if it tells
    one: by more than half of the texts with the word, and twice the odds. Numbers and
    function words are neither replaced nor inserted. Case, marks and spaces stay, which the paper's
    code drops. Chinese is cut by jieba.

    The paper recommends, for the size of the training part:

    ==========  =====  ==============
    rows        alpha  copies per row
    ==========  =====  ==============
    up to 500   0.05   16
    2,000       0.05   8
    5,000       0.1    4
    more        0.1    4
    ==========  =====  ==============

    Its code makes 9 copies of every row at alpha 0.1 unless told otherwise. Copies per row are the
    amount of ``Expand``: ``to="4x"``.

    Parameters
    ----------
    alpha : float in (0, 1], default 0.1
        Share of words changed.
    near : int >= 1, default 5
        Neighbours a replacement is drawn from.

    References
    ----------
    .. [1] Wei and Zou, EDA: Easy Data Augmentation Techniques for Boosting Performance on Text
       Classification Tasks, EMNLP-IJCNLP 2019, arXiv:1901.11196, section 2 and table 3.

    Examples
    --------
    >>> Eda(alpha=0.05).near
    5
    """

    abstract: ClassVar[bool] = False

    alpha: float = 0.1
    near: int = 5

    def __post_init__(self) -> None:
        if not 0 < self.alpha <= 1:
            raise InputError(f"eda's alpha must lie in (0, 1], got {self.alpha}")
        if self.near < 1:
            raise InputError(f"eda's near must be at least 1, got {self.near}")

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Changer:
        phrases = [Phrase.of(text) for text in corpus.texts]
        neighbours = Neighbours(phrase.words for phrase in phrases)
        return _Changer(self, corpus, phrases, neighbours, Telling(phrases, corpus.code))


@dataclass(frozen=True)
class _Changer:
    made: Eda
    corpus: Corpus
    phrases: list[Phrase]
    neighbours: Neighbours
    telling: Telling

    def write(self, seeds: IntArray, rng: np.random.Generator) -> list[Draft | None]:
        return [self._draft(seed, rng) for seed in seeds.tolist()]

    def _draft(self, seed: int, rng: np.random.Generator) -> Draft | None:
        phrase = self.phrases[seed]
        if not phrase.words:
            return None
        number = max(1, int(self.made.alpha * len(phrase.words)))
        way = int(rng.integers(4))
        if way == 0:
            changed = self._replaced(seed, number, rng)
        elif way == 1:
            changed = self._inserted(seed, number, rng)
        else:
            changed = (_swapped if way == 2 else _shortened)(phrase, number, self.made.alpha, rng)
        return None if changed is phrase else Draft(changed.text, (seed,))

    def _near(self, word: str, target: int, rng: np.random.Generator) -> str | None:
        """A word that stands where this one stands, and tells no other target."""
        if not _content(word):
            return None
        found = [
            other
            for other in self.neighbours.near(word, self.made.near)
            if _content(other) and not self.telling.misleads(other, target)
        ]
        return found[int(rng.integers(len(found)))] if found else None

    def _replaced(self, seed: int, number: int, rng: np.random.Generator) -> Phrase:
        phrase, target = self.phrases[seed], int(self.corpus.code[seed])
        for at in rng.permutation(len(phrase.words)).tolist():
            if number and (word := self._near(phrase.words[at], target, rng)):
                phrase, number = phrase.replaced(at, word), number - 1
        return phrase

    def _inserted(self, seed: int, number: int, rng: np.random.Generator) -> Phrase:
        phrase, target = self.phrases[seed], int(self.corpus.code[seed])
        words = phrase.words
        for of in rng.permutation(np.resize(np.arange(len(words)), len(words) + number)).tolist():
            if number and (word := self._near(words[of], target, rng)):
                phrase = phrase.inserted(int(rng.integers(len(phrase.words) + 1)), word)
                number -= 1
        return phrase


def _content(word: str) -> bool:
    return not is_function_word(word) and not any(letter.isdigit() for letter in word)


def _swapped(phrase: Phrase, number: int, alpha: float, rng: np.random.Generator) -> Phrase:
    if len(phrase.words) < 2:
        return phrase
    for _ in range(number):
        one, other = rng.choice(len(phrase.words), 2, replace=False).tolist()
        phrase = phrase.swapped(one, other)
    return phrase


def _shortened(phrase: Phrase, number: int, alpha: float, rng: np.random.Generator) -> Phrase:
    """Words left out with probability alpha; one at least goes and one stays."""
    if len(phrase.words) < 2:
        return phrase
    stays = rng.random(len(phrase.words)) >= alpha
    goes, remains = rng.choice(len(stays), 2, replace=False).tolist()
    stays[goes] = False
    stays[remains] |= not stays.any()
    return phrase.kept(np.flatnonzero(stays).tolist())
