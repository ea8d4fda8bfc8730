"""How alike two texts are as strings: shared words, characters, model codes and numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum

import numpy as np
import polars as pl

from longshelf.features.text import Language, language_of, words_in
from longshelf.tables import FloatArray

__all__ = ["NAMES", "Similarities", "codes_of"]

Bag = frozenset[str]

CODE = re.compile(r"[a-z0-9]+(?:[-./][a-z0-9]+)*")
"""Latin letters and digits, joined by single hyphens, dots and slashes."""

SHORTEST, LONGEST = 4, 12
"""Characters from which a code may be looked for inside another text, and that count in full."""

NAMES = (
    "words shared", "rare words shared", "left words in right", "right words in left",
    "rarest word shared", "rarest word of left alone", "rarest word of right alone",
    "codes shared", "left codes in right", "right codes in left",
    "codes of left alone", "codes of right alone", "code inside", "length ratio",
)  # fmt: skip
"""What the columns hold."""


def codes_of(text: str) -> Bag:
    """Model codes and numbers of a lower-case text: its Latin tokens with digits, joints dropped.

    Examples
    --------
    >>> sorted(codes_of("netgear xav5001-100nas, 4.0 stars")), sorted(codes_of("4 个 p70d20tl-d4"))
    (['4', 'xav5001100nas'], ['4', 'p70d20tld4'])
    """
    found = (code for code in CODE.findall(text) if any(map(str.isdigit, code)))
    return frozenset(map(_joined, found))


def _joined(code: str) -> str:
    if re.fullmatch(r"\d+\.\d+", code):
        return code.rstrip("0").rstrip(".")
    return re.sub(r"[-./]", "", code)


@dataclass(frozen=True)
class _Text:
    """A text taken apart; ``tight`` is what is left without spaces and marks."""

    words: Bag
    codes: Bag
    tight: str
    size: int

    @property
    def models(self) -> list[str]:
        """Codes long enough, and not mere numbers, to name a product."""
        return [c for c in self.codes if len(c) >= SHORTEST and not c.replace(".", "").isdigit()]


@dataclass(frozen=True)
class _Rarity:
    """Inverse document frequency in (0, 1]: 1 is what training never met."""

    met: Mapping[str, float]

    @classmethod
    def fit(cls, bags: Iterable[Bag]) -> _Rarity:
        """``(1 + log((1 + n) / (1 + df))) / (1 + log(1 + n))`` of everything in n bags."""
        listed = list(bags)
        most = 1 + np.log(1 + len(listed))
        counts = Counter(thing for bag in listed for thing in bag)
        return cls({thing: 1 - np.log(1 + df) / most for thing, df in counts.items()})

    def total(self, bag: Bag) -> float:
        return fsum(self.met.get(thing, 1.0) for thing in bag)

    def most(self, bag: Bag) -> float:
        return max((self.met.get(thing, 1.0) for thing in bag), default=0.0)

    def overlap(self, left: Bag, right: Bag) -> list[float]:
        """Rarity shared, as a share of both, of the left and of the right; 0 of nothing."""
        shared = self.total(left & right)
        return [shared / (self.total(bag) or 1.0) for bag in (left | right, left, right)]


@dataclass(frozen=True)
class Similarities:
    """Comparison of two texts by words and codes weighed by how rare they are in training.

    Parameters
    ----------
    language : {"en", "zh"}
        Chinese words are cut by jieba.
    words, codes : _Rarity
    """

    language: Language
    words: _Rarity
    codes: _Rarity

    @classmethod
    def fit(cls, texts: list[str]) -> Similarities:
        """Count the words and codes of distinct training texts."""
        language = language_of(pl.Series(texts, dtype=pl.String))
        read = [_read(text, language) for text in texts]
        rarities = (_Rarity.fit(text.words for text in read), _Rarity.fit(t.codes for t in read))
        return cls(language, *rarities)

    def compare(self, left: list[str], right: list[str]) -> FloatArray:
        """:data:`NAMES` of each pair, between 0 and 1; (n, 14) float32."""
        read = {text: _read(text, self.language) for text in {*left, *right}}
        rows = [self._row(read[a], read[b]) for a, b in zip(left, right, strict=True)]
        return np.array(rows, np.float32).reshape(len(left), len(NAMES))

    def _row(self, left: _Text, right: _Text) -> tuple[float, ...]:
        shared = left.words & right.words
        either = len(left.words | right.words)
        return (
            len(shared) / either if either else 0.0,
            *self.words.overlap(left.words, right.words),
            self.words.most(shared),
            self.words.most(left.words - right.words),
            self.words.most(right.words - left.words),
            *self.codes.overlap(left.codes, right.codes),
            _saturated(left.codes - right.codes),
            _saturated(right.codes - left.codes),
            _inside(left, right),
            min(left.size, right.size) / max(left.size, right.size, 1),
        )


def _read(text: str, language: Language) -> _Text:
    folded = text.lower()
    tight = re.sub(r"[\W_]", "", folded)
    return _Text(frozenset(words_in(text, language)), codes_of(folded), tight, len(text))


def _saturated(bag: Bag) -> float:
    return len(bag) / (1 + len(bag))


def _inside(left: _Text, right: _Text) -> float:
    """Length of the longest model code of one that stands in the other, spaces and marks aside."""
    found = [code for code in left.models if code in right.tight]
    found += [code for code in right.models if code in left.tight]
    return min(1.0, max(map(len, found), default=0) / LONGEST)
