"""Patterns of the training texts, filled with what was asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from longshelf.errors import InputError
from longshelf.models.base import Head, Model
from longshelf.models.generate.asked import Asked
from longshelf.models.generate.patterns import Pattern, pattern_of
from longshelf.prepare.mentions import Mentions
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["FittedTemplates", "TemplateWriter"]

GOLDEN = (sqrt(5) - 1) / 2
Shelf = Sequence[tuple[Pattern, int]]
"""Patterns, the commonest first, with the number of different texts that have each."""


@dataclass(frozen=True)
class FittedTemplates:
    """Patterns of every category, of the category above it, and of all.

    Parameters
    ----------
    asked : Asked
    shelves : mapping of shelf name to its patterns
    above : mapping of category to the names of its shelves, the narrowest first
    words : mapping of (attribute, value) to str
        How training texts spell a value most often.
    """

    asked: Asked
    shelves: Mapping[str, Shelf]
    above: Mapping[str, Sequence[str]]
    words: Mapping[tuple[str, str], str]
    _usable: dict[tuple[str, frozenset[str]], Shelf] = field(default_factory=dict, repr=False)

    @property
    def parameters(self) -> int:
        return sum(map(len, self.shelves.values()))

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        raise InputError("a writer writes texts and scores nothing; use it with the task generate")

    def write(self, X: Matrix) -> NDArray[np.str_]:
        """A text for each row of codes; rows that share a shelf share out its patterns."""
        turn: Counter[str] = Counter()
        texts = []
        for asked in self.asked.read(X):
            words = {name: self.words.get((name, value), value) for name, value in asked.items()}
            shelf = self._shelf(asked)
            if shelf is None:
                category = words.pop("category")
                texts.append(" ".join([*words.values(), category]))
                continue
            turn[shelf] += 1
            texts.append(_drawn(self._fitting(shelf, asked), turn[shelf]).fill(words))
        return np.array(texts, dtype=np.str_)

    def _shelf(self, asked: Mapping[str, str]) -> str | None:
        """The narrowest shelf with a pattern that needs nothing beyond what was asked."""
        shelves = self.above[asked["category"]]
        return next((name for name in shelves if self._fitting(name, asked)), None)

    def _fitting(self, shelf: str, asked: Mapping[str, str]) -> Shelf:
        key = shelf, frozenset(asked)
        if key not in self._usable:
            own = [one for one in self.shelves[shelf] if set(one[0].slots) <= key[1]]
            self._usable[key] = own
        return self._usable[key]


def _drawn(shelf: Shelf, turn: int) -> Pattern:
    """The pattern of the turn: spread by the golden ratio, as often as it is common."""
    ends = np.cumsum([count for _, count in shelf])
    return shelf[int(np.searchsorted(ends, turn * GOLDEN % 1 * ends[-1], side="right"))][0]


@dataclass(frozen=True, kw_only=True)
class TemplateWriter(Model):
    """Fill patterns of the category's texts with the attributes asked for; nothing is drawn.

    In every training text the values of its own category and attributes become slots, and what
    several different texts then share is a pattern. A category without one borrows those of the
    category above it that have a slot for its name, then those of all. Where no pattern fits, the
    values follow one another.

    Parameters
    ----------
    least : int >= 1, default 2
        Different texts that must share a pattern.

    Raises
    ------
    InputError
        If ``least`` is below 1.

    Examples
    --------
    >>> TemplateWriter().trivial, TemplateWriter.seeded
    (True, False)
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str]] = frozenset({"text"})

    least: int = 2

    def __post_init__(self) -> None:
        if self.least < 1:
            raise InputError(f"template_writer's least must be at least 1, got {self.least}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedTemplates:
        asked = Asked.of(rows, targets)
        attributes = asked.attributes if np.asarray(X).shape[1] > 1 else {}
        mentions = Mentions({"category": asked.categories, **attributes})
        parents = [""] * len(targets) if targets.parents is None else targets.parents.tolist()
        pairs = zip(asked.categories, parents, strict=True)
        above = {name: _shelf_names(name, parent) for name, parent in pairs}
        texts: dict[str, dict[Pattern, set[str]]] = defaultdict(lambda: defaultdict(set))
        spelt: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for text, said in zip(rows.y.tolist(), asked.read(X), strict=True):
            mined = pattern_of(text, said, mentions)
            if mined is None:
                continue
            pattern, words = mined
            for name, word in words.items():
                spelt[name, said[name]][word] += 1
            own, *wider = above[said["category"]]
            for shelf in (own, *wider) if "category" in pattern.slots else (own,):
                texts[shelf][pattern].add(text)
        every = {name for names in above.values() for name in names}
        shelves = {name: _common(texts[name], self.least) for name in sorted(every)}
        return FittedTemplates(asked, shelves, above, {key: _first(n) for key, n in spelt.items()})


def _shelf_names(category: str, parent: str) -> list[str]:
    wider = [f"above: {parent}"] if parent else []
    return [f"category: {category}", *wider, "all"]


def _common(texts: Mapping[Pattern, set[str]], least: int) -> Shelf:
    counts = {pattern: len(own) for pattern, own in texts.items() if len(own) >= least}
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _first(counts: Mapping[str, int]) -> str:
    """The commonest word; of equals the first by alphabet."""
    return min(counts, key=lambda word: (-counts[word], word))
