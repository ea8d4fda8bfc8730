"""How much a text shares with the real one of its row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from longshelf.errors import InputError
from longshelf.generators.word_chains import words
from longshelf.metrics.texts.base import Gauge, OfEach, OfTexts, TextReading
from longshelf.metrics.texts.diversity import grams
from longshelf.prepare.folding import lowered
from longshelf.tables import BoolArray, FloatArray

__all__ = ["Bleu", "Chrf", "RougeL"]


@dataclass(frozen=True, kw_only=True)
class Chrf(OfEach):
    """Mean over texts of the F-score of character n-grams shared with the real text [1]_.

    White space is left out; precision and recall are averaged over the orders both texts have,
    recall counts ``beta**2`` times. Letters decide, so it is defined for any script and forgives
    endings.

    Parameters
    ----------
    n : int >= 1, default 6
        Longest n-gram, in characters.
    beta : float > 0, default 2.0

    References
    ----------
    .. [1] Popović, chrF, WMT 2015, section 2; without smoothing, as sacrebleu computes it.

    Examples
    --------
    >>> Chrf().of("red shoe", "red shoes") > Chrf().of("red bag", "red shoes")
    True
    """

    abstract: ClassVar[bool] = False
    of_real: ClassVar[bool] = False
    definition: ClassVar[str] = "mean character n-gram F2 against the real text of the row"

    n: int = 6
    beta: float = 2.0

    def __post_init__(self) -> None:
        if self.n < 1 or self.beta <= 0:
            raise InputError(f"Chrf needs n >= 1 and beta > 0, got {self.n} and {self.beta}")

    def of(self, text: str, real: str) -> float:
        """The score of one text."""
        one, other = "".join(text.split()), "".join(real.split())
        orders = min(self.n, len(one), len(other))
        precision = recall = 0.0
        for size in range(1, orders + 1):
            mine, theirs = _letters(one, size), _letters(other, size)
            shared = sum(min(count, theirs[gram]) for gram, count in mine.items() if gram in theirs)
            precision += shared / (len(one) - size + 1)
            recall += shared / (len(other) - size + 1)
        if not precision + recall:
            return 0.0
        weight = self.beta**2
        return (1 + weight) * precision * recall / (weight * precision + recall) / orders

    def parts(self, reading: TextReading) -> tuple[FloatArray, FloatArray]:
        return _each(self.of, reading)


def _letters(text: str, size: int) -> Counter[str]:
    return Counter(text[at : at + size] for at in range(len(text) - size + 1))


def _each(
    score: Callable[[str, str], float], reading: TextReading
) -> tuple[FloatArray, FloatArray]:
    pairs = zip(reading.texts.tolist(), reading.real.tolist(), strict=True)
    found = np.array([score(text, real) for text, real in pairs], dtype=float)
    return found, np.ones(len(reading))


@dataclass(frozen=True, kw_only=True)
class RougeL(OfEach):
    """Mean over texts of the F-score of the longest common subsequence of words [1]_.

    Words in lower case, marks dropped; Chinese characters count as words.

    References
    ----------
    .. [1] Lin, ROUGE, ACL workshop 2004, section 3.1, recall and precision weighing alike, as
       rouge-score computes it.

    Examples
    --------
    >>> RougeL().of("puma men blue shoe", "Puma blue shoe for men")
    0.6666666666666666
    """

    abstract: ClassVar[bool] = False
    of_real: ClassVar[bool] = False
    definition: ClassVar[str] = "mean F1 of the longest common subsequence with the real text"

    def of(self, text: str, real: str) -> float:
        """The score of one text."""
        one, other = lowered(text), lowered(real)
        if not one or not other:
            return 0.0
        return 2 * _longest(one, other) / (len(one) + len(other))

    def parts(self, reading: TextReading) -> tuple[FloatArray, FloatArray]:
        return _each(self.of, reading)


def _longest(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(other) + 1)
    for word in one:
        before = 0
        for at, theirs in enumerate(other, 1):
            before, row[at] = row[at], before + 1 if word == theirs else max(row[at], row[at - 1])
    return row[-1]


@dataclass(frozen=True, kw_only=True)
class Bleu(OfTexts):
    """BLEU of all texts together against the real ones [1]_, not smoothed.

    Words as they stand, case and marks included; Chinese characters count as words. 0 where no
    n-gram of some order is shared. It says little of single titles, which have few n-grams.

    Parameters
    ----------
    n : int >= 1, default 4
        Longest n-gram, in words.

    References
    ----------
    .. [1] Papineni et al., BLEU, ACL 2002, section 2.3.
    """

    abstract: ClassVar[bool] = False
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "catalogue"
    of_real: ClassVar[bool] = False
    definition: ClassVar[str] = "corpus BLEU against the real texts of the rows"

    n: int = 4

    def __post_init__(self) -> None:
        if self.n < 1:
            raise InputError(f"Bleu needs n of 1 or more, got {self.n}")

    def of(self, text: str, real: str) -> list[int]:
        """Words of both, then hits and n-grams of every order."""
        one, other = words(text), words(real)
        counts = [len(one), len(other)]
        for size in range(1, self.n + 1):
            mine, theirs = grams(one, size), grams(other, size)
            counts += [(mine & theirs).total(), mine.total()]
        return counts

    def gauge(self, reading: TextReading, inside: BoolArray) -> Gauge:
        def count() -> FloatArray:
            pairs = zip(reading.texts.tolist(), reading.real.tolist(), strict=True)
            return np.array([self.of(text, real) for text, real in pairs], dtype=float)

        own, real, *orders = reading.once(self.id, count)[inside].sum(axis=0).tolist()
        hits, grams_ = orders[::2], orders[1::2]
        if not real:
            return Gauge(float("nan"), None, 0)
        if not all(hits):
            return Gauge(0.0, None, int(inside.sum()))
        logs = [math.log(hit / all_) for hit, all_ in zip(hits, grams_, strict=True)]
        short = min(0.0, 1 - real / own)
        return Gauge(math.exp(short + sum(logs) / self.n), None, int(inside.sum()))
