"""Ways a text is written otherwise than the learner met it, the product still the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from longshelf.generators.misprints import mistyped
from longshelf.generators.phrases import Phrase
from longshelf.prepare.folding import folded
from longshelf.prepare.mentions import Mention, Mentions
from longshelf.tables import IntArray

__all__ = ["Shift", "Swaps", "drops", "order", "typos"]

Shift = Callable[[str, float, np.random.Generator], str]
"""A text, the share of it to change, and where chance comes from, to another text."""


def typos(text: str, share: float, rng: np.random.Generator) -> str:
    """A slip in a share of the words, one at least; words of fewer than four letters stay.

    Examples
    --------
    >>> typos("Nike men red shoes", 0.5, np.random.default_rng(0))
    'Bike men red zhoes'
    """
    phrase = Phrase.of(text)
    left = _number(share, len(phrase.words))
    for at in rng.permutation(len(phrase.words)).tolist():
        if left and (word := mistyped(phrase.words[at], rng)) and word != phrase.words[at]:
            phrase, left = phrase.replaced(at, word), left - 1
    return phrase.text


def drops(text: str, share: float, rng: np.random.Generator) -> str:
    """A share of the words left out, one at least, where there are two or more.

    Examples
    --------
    >>> drops("Nike men red shoes", 0.5, np.random.default_rng(0))
    'Nike red'
    """
    phrase = Phrase.of(text)
    n = len(phrase.words)
    kept = _some(n, n - min(_number(share, n), max(n - 1, 0)), rng)
    return phrase.kept(kept.tolist()).text


def order(text: str, share: float, rng: np.random.Generator) -> str:
    """What it is first and the brand last: first and last word change places.

    Of the words between, a share is shuffled among its places.

    Examples
    --------
    >>> order("Nike men red shoes", 0.5, np.random.default_rng(0))
    'shoes men red Nike'
    """
    phrase = Phrase.of(text)
    n = len(phrase.words)
    if n < 2:
        return text
    inner = 1 + _some(n - 2, round(share * (n - 2)), rng)
    places = np.arange(n)
    places[[0, -1]] = n - 1, 0
    places[inner] = rng.permutation(inner)
    return Phrase(tuple(phrase.words[at] for at in places.tolist()), phrase.gaps).text


@dataclass(frozen=True)
class Swaps:
    """Attribute values exchanged for others of the same attribute, case as it stood.

    An exchange that makes a text hold all words of a class's name, or no longer hold them, is left
    out, as it may turn one class into another.

    Parameters
    ----------
    values : mapping of attribute to a count of each of its values
        An exchange takes any but the one named, in proportion to its count.
    named : sequence of set of str
        Folded words of each class's name.

    Examples
    --------
    >>> swaps = Swaps.of({"colour": ["red", "red", "blue"], "usage": ["Rain", "Sport"]}, ["Rain Boots"])
    >>> swaps("Red rain boots", 1.0, np.random.default_rng(0))
    'Blue rain boots'
    """

    values: Mapping[str, Mapping[str, int]]
    named: Sequence[frozenset[str]]

    @classmethod
    def of(cls, values: Mapping[str, Iterable[str]], names: Iterable[str]) -> Swaps:
        """Count the values.

        Parameters
        ----------
        values : mapping of attribute to the values of rows
            Of the whole data set: what the shop knows.
        names : iterable of str
            Of the classes.
        """
        counted = {
            attribute: dict(sorted(Counter(own).items())) for attribute, own in values.items()
        }
        return cls(counted, [frozenset(folded(name)) for name in names])

    @cached_property
    def mentions(self) -> Mentions:
        """Finds the values in texts."""
        return Mentions({attribute: list(own) for attribute, own in self.values.items()})

    def __call__(self, text: str, share: float, rng: np.random.Generator) -> str:
        found = list(self._apart(text))
        left, written = _number(share, len(found)), dict[int, str]()
        for at in rng.permutation(len(found)).tolist():
            if left and (other := self._other(text, found, written, at, rng)):
                written[at] = other
                left -= 1
        return _rewritten(text, found, written)

    def _apart(self, text: str) -> Iterator[Mention]:
        """Values a text names, none within another."""
        end = 0
        for one in self.mentions.of(text):
            if one.start >= end:
                end = one.end
                yield one

    def _other(
        self,
        text: str,
        found: Sequence[Mention],
        written: Mapping[int, str],
        at: int,
        rng: np.random.Generator,
    ) -> str | None:
        """Another value for one that a text names, after what was written for others."""
        own, said = self.values[found[at].attribute], text[found[at].start : found[at].end]
        count = np.array(list(own.values()), dtype=float)
        classes = self._classes(text)
        for place in rng.choice(len(own), len(own), replace=False, p=count / count.sum()).tolist():
            other = _cased(list(own)[place], said)
            new = _rewritten(text, found, {**written, at: other})
            if folded(other) != folded(said) and self._classes(new) == classes:
                return other
        return None

    def _classes(self, text: str) -> list[bool]:
        """Which classes' names a text holds all words of."""
        words = set(folded(text))
        return [name <= words for name in self.named]


def _rewritten(text: str, found: Sequence[Mention], written: Mapping[int, str]) -> str:
    """A text with other words in place of some that were found."""
    done, end = "", 0
    for at in sorted(written):
        done, end = done + text[end : found[at].start] + written[at], found[at].end
    return done + text[end:]


def _number(share: float, n: int) -> int:
    """A share of n, one at least where there is one."""
    return min(n, max(1, round(share * n)))


def _some(n: int, size: int, rng: np.random.Generator) -> IntArray:
    """Places drawn without repeats, in order."""
    places: IntArray = np.sort(rng.permutation(n)[:size])
    return places


def _cased(word: str, like: str) -> str:
    """A word in small letters, capitals or with a capital, as another stands."""
    if like.islower():
        return word.lower()
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word
