"""Noise as product texts have it: slips, scans, case, units, order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError, unknown
from longshelf.generators.base import Corpus, Draft, Generator
from longshelf.generators.misprints import misread, mistyped
from longshelf.generators.phrases import Phrase
from longshelf.generators.protected import Protected
from longshelf.prepare.units import UNITS, Quantity, quantities
from longshelf.tables import IntArray

__all__ = ["ProductNoise"]

KINDS = ("keyboard", "ocr", "case", "unit", "order")
NAMES = {"ml": ("ml", "L"), "g": ("g", "kg"), "cm": ("mm", "cm")}
CHINESE_NAMES = {"ml": ("毫升", "升"), "g": ("克", "千克"), "cm": ("毫米", "厘米")}
_BREAK = re.compile(r"\s*[,;|，；、]\s*|\s+-\s+")
_SENTENCE = re.compile(r"[.!?](?=\s)|[。！？]")


@dataclass(frozen=True, kw_only=True)
class ProductNoise(Generator):
    """Write a product's text as a careless shop would, the product still the same.

    Each draft undergoes one kind of noise, drawn among those that can change its row:

    - ``keyboard``: a slip in a share of the words, on a QWERTY keyboard;
    - ``ocr``: letters or characters of like shape in a share of the words;
    - ``case``: the words in capitals, in small letters or each with a capital;
    - ``unit``: a quantity in another unit, "1 L" as "1000 ml";
    - ``order``: the parts between commas in another order, the first staying first; in sentences,
      and in texts without commas, two words that stand side by side.

    Brand, model number and size stay as they are, but for the unit of a quantity: words with a
    digit, letter sizes, words all in capitals, and the words of the row's brand column, in data
    without one the first word of the text (and the second, where the first is hardly ever followed
    by another). There is no paper behind it; slips by adjacent keys are those of Belinkov and Bisk
    [1]_.

    Parameters
    ----------
    share : float in (0, 1], default 0.2
        Of the other words, one at least, that a slip or a misreading befalls.
    kinds : tuple of str, default ("keyboard", "ocr", "case", "unit", "order")

    References
    ----------
    .. [1] Belinkov and Bisk, Synthetic and Natural Noise Both Break Neural Machine Translation,
       ICLR 2018, arXiv:1711.02173, section 3.2.

    Examples
    --------
    >>> ProductNoise(kinds="unit").kinds
    ('unit',)
    """

    abstract: ClassVar[bool] = False

    share: float = 0.2
    kinds: str | tuple[str, ...] = KINDS

    def __post_init__(self) -> None:
        kinds = (self.kinds,) if isinstance(self.kinds, str) else tuple(self.kinds)
        object.__setattr__(self, "kinds", kinds)
        for kind in kinds:
            if kind not in KINDS:
                raise unknown("kind of noise", kind, KINDS)
        if not kinds or not 0 < self.share <= 1:
            raise InputError(
                f"product_noise needs a kind of noise and a share in (0, 1], got {kinds} and {self.share}"
            )

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Noise:
        phrases = [Phrase.of(text) for text in corpus.texts]
        return _Noise(self, phrases, Protected(corpus, phrases))


@dataclass(frozen=True)
class _Noise:
    made: ProductNoise
    phrases: list[Phrase]
    protected: Protected

    def write(self, seeds: IntArray, rng: np.random.Generator) -> list[Draft | None]:
        return [self._draft(seed, rng) for seed in seeds.tolist()]

    def _draft(self, seed: int, rng: np.random.Generator) -> Draft | None:
        phrase = self.phrases[seed]
        held = self.protected.places(seed)
        free = [at for at in range(len(phrase.words)) if at not in held]
        for kind in rng.permutation(self.made.kinds).tolist():
            text = self._noisy(kind, phrase, free, rng)
            if text is not None and text != phrase.text:
                return Draft(text, (seed,))
        return None

    def _noisy(
        self, kind: str, phrase: Phrase, free: list[int], rng: np.random.Generator
    ) -> str | None:
        if kind == "unit":
            return _other_unit(phrase.text, rng)
        if kind == "order":
            return _reordered(phrase, free, rng)
        if kind == "case":
            change = (str.upper, str.lower, str.capitalize)[int(rng.integers(3))]
            return _changed(phrase, free, change).text
        spoil: Callable[..., str | None] = mistyped if kind == "keyboard" else misread
        wanted = max(1, round(self.made.share * len(free)))
        for at in rng.permutation(free).astype(int).tolist():
            if wanted and (word := spoil(phrase.words[at], rng)):
                phrase, wanted = phrase.replaced(at, word), wanted - 1
        return phrase.text


def _changed(phrase: Phrase, places: Iterable[int], change: Callable[[str], str]) -> Phrase:
    for at in places:
        phrase = phrase.replaced(at, change(phrase.words[at]))
    return phrase


def _reordered(phrase: Phrase, free: list[int], rng: np.random.Generator) -> str | None:
    parts, marks = _BREAK.split(phrase.text), _BREAK.findall(phrase.text)
    if len(parts) > 2 and all(parts) and not _SENTENCE.search(phrase.text):
        shuffled = [parts[0], *(parts[1 + at] for at in rng.permutation(len(parts) - 1))]
        return "".join(part + mark for part, mark in zip(shuffled, [*marks, ""], strict=True))
    pairs = [at for at in free if at + 1 in free]
    if not pairs:
        return None
    at = pairs[int(rng.integers(len(pairs)))]
    return phrase.swapped(at, at + 1).text


def _other_unit(text: str, rng: np.random.Generator) -> str | None:
    """The text with one quantity in another unit of its kind."""
    found = [(one, ways) for one in quantities(text) if (ways := _rewritings(one))]
    if not found:
        return None
    one, ways = found[int(rng.integers(len(found)))]
    space = " " if " " in text[one.start : one.end] else ""
    shown, name = ways[int(rng.integers(len(ways)))]
    return f"{text[: one.start]}{shown}{space}{name}{text[one.end :]}"


def _rewritings(one: Quantity) -> list[tuple[str, str]]:
    """The same quantity in other units, as number and name, where few digits say it."""
    factor, base = UNITS[one.unit.lower()]
    ways = []
    for name in (NAMES if one.unit.isascii() else CHINESE_NAMES).get(base, ()):
        other, _ = UNITS[name.lower()]
        shown = format((one.value * Decimal(factor) / Decimal(other)).normalize(), "f")
        if Decimal(other) != Decimal(factor) and len(shown) <= 6:
            ways.append((shown, name))
    return ways
