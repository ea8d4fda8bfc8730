"""How unlike each other texts are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from longshelf.errors import InputError
from longshelf.generators.word_chains import words
from longshelf.metrics.texts.base import OfSample

__all__ = ["Distinct", "SelfBleu", "VocabularyGrowth"]

Gram = tuple[str, ...]


def grams(pieces: Sequence[str], n: int) -> Counter[Gram]:
    """The n-grams of a text, with how often each occurs."""
    return Counter(zip(*(pieces[at:] for at in range(n)), strict=False))


@dataclass(frozen=True, kw_only=True)
class Distinct(OfSample):
    """Share of the n-grams written that differ [1]_.

    Parameters
    ----------
    n : int, default 1
        Words per n-gram; Chinese characters count as words.
    sample : int, default 200
        Texts looked at.

    References
    ----------
    .. [1] Li et al., A Diversity-Promoting Objective Function, NAACL 2016, arXiv:1510.03055.

    Examples
    --------
    >>> Distinct().of(["red shoe", "red bag"])
    0.75
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "different n-grams / all n-grams of a sample of texts"

    n: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n < 1:
            raise InputError(f"Distinct needs n of 1 or more, got {self.n}")

    @property
    def id(self) -> str:
        return f"distinct@{self.n}"

    def of(self, texts: list[str]) -> float:
        found: Counter[Gram] = Counter()
        for text in texts:
            found.update(grams(words(text), self.n))
        return len(found) / found.total() if found else float("nan")


@dataclass(frozen=True, kw_only=True)
class SelfBleu(OfSample):
    """Mean BLEU of each text with all others as its references [1]_: 1 when all are alike.

    A text that shares no word with the others scores 0; longer n-grams without a hit count as 0.1
    of one (method 1 of [2]_), and orders longer than the text are left out. Of lengths equally
    close the shorter is the reference.

    Parameters
    ----------
    n : int, default 3
        Longest n-gram, in words: titles have few.
    sample : int, default 200
        Texts looked at.

    References
    ----------
    .. [1] Zhu et al., Texygen, SIGIR 2018, arXiv:1802.01886, section 3.2.
    .. [2] Chen and Cherry, Smoothing Techniques for Sentence-Level BLEU, WMT 2014.

    Examples
    --------
    >>> SelfBleu().of(["a red shoe", "a red shoe"]), SelfBleu().of(["a b", "c d"])
    (1.0, 0.0)
    """

    abstract: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = False
    definition: ClassVar[str] = "mean BLEU of each text of a sample against the others"

    n: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n < 1:
            raise InputError(f"SelfBleu needs n of 1 or more, got {self.n}")

    @property
    def id(self) -> str:
        return f"self_bleu@{self.n}"

    def of(self, texts: list[str]) -> float:
        pieces = [own for own in map(words, texts) if own]
        if len(pieces) < 2:
            return float("nan")
        counts = [[grams(own, n) for own in pieces] for n in range(1, self.n + 1)]
        most = [_most(each) for each in counts]
        lengths = sorted(map(len, pieces))
        scores = [
            _bleu([each[at] for each in counts], most) * _brevity(len(own), lengths)
            for at, own in enumerate(pieces)
        ]
        return math.fsum(scores) / len(scores)


def _bleu(mine: Sequence[Counter[Gram]], most: Sequence[Mapping[Gram, tuple[int, int]]]) -> float:
    """Geometric mean of the shares of a text's n-grams, order by order, that others hold."""
    orders = [own for own in mine if own]
    hits = [
        sum(min(count, _others(best[gram], count)) for gram, count in own.items())
        for own, best in zip(orders, most, strict=False)
    ]
    if not hits[0]:
        return 0.0
    logs = [math.log((hit or 0.1) / own.total()) for hit, own in zip(hits, orders, strict=True)]
    return math.exp(sum(logs) / len(logs))


def _most(counts: Sequence[Counter[Gram]]) -> dict[Gram, tuple[int, int]]:
    """The largest and the second largest count of each n-gram in one text."""
    found: dict[Gram, tuple[int, int]] = {}
    for own in counts:
        for gram, count in own.items():
            first, second = found.get(gram, (0, 0))
            found[gram] = (max(first, count), max(second, min(first, count)))
    return found


def _others(best: tuple[int, int], own: int) -> int:
    """The largest count in another text than the one that holds it ``own`` times."""
    first, second = best
    return second if own == first else first


def _brevity(length: int, lengths: Sequence[int]) -> float:
    """BLEU's penalty for a text shorter than the closest of the others."""
    others = list(lengths)
    others.remove(length)
    closest = min(others, key=lambda other: (abs(other - length), other))
    return 1.0 if length >= closest else math.exp(1 - closest / length)


@dataclass(frozen=True, kw_only=True)
class VocabularyGrowth(OfSample):
    """How fast new words come: the exponent b of Heaps' law, words known ~ words read to the b [1]_.

    Read off the second half of the words: ``log2(V(n) / V(n / 2))``. 1 is nothing but new words,
    0 none.

    Parameters
    ----------
    sample : int, default 200
        Texts looked at, in their order.

    References
    ----------
    .. [1] Heaps, Information Retrieval: Computational and Theoretical Aspects, 1978, section 7.5.

    Examples
    --------
    >>> VocabularyGrowth().of(["a b", "a b"]), VocabularyGrowth().of(["a b", "c d"])
    (0.0, 1.0)
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "log2 of words known after all words read over after half of them"

    def of(self, texts: list[str]) -> float:
        read = [word for text in texts for word in words(text)]
        read = read[: len(read) // 2 * 2]
        if not read:
            return float("nan")
        return math.log2(len(set(read)) / len(set(read[: len(read) // 2])))
