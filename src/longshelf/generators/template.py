"""Attributes seen in a target, put together anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.generators.base import Corpus, Draft, Generator
from longshelf.generators.phrases import Phrase
from longshelf.prepare.mentions import Mentions
from longshelf.tables import IntArray

__all__ = ["Template"]

FEW = 200
"""Distinct values up to which a column of words is an attribute."""

EDGE = ""
"""Stands before the first and after the last word."""


@dataclass(frozen=True, kw_only=True)
class Template(Generator):
    """Take a text's frame and fill its attributes with those of other texts of the target.

    A grammar is read from the texts of each target. Its frame words are those that stand in many of
    them. What stands between two frame words is an attribute, named by the two: whatever was seen
    between the same two, nothing included, may take its place. The values of columns of few
    distinct words, found in the text, are attributes too, named by the column. A draft keeps the
    frame of the text it starts from and draws every attribute anew, as often as each value was
    seen; one at least is another than before. Marks are dropped. A target with one text cannot be recombined. There is
    no paper behind it; it is the grammar a shop's titles follow, read back.

    Parameters
    ----------
    share : float in (0, 1], default 0.2
        Of the target's texts, two at least, that hold a word for it to be one of the frame.

    Examples
    --------
    >>> corpus = Corpus(
    ...     texts=["Nike men running shoes", "Puma women walking shoes", "Puma men shoes"],
    ...     code=np.zeros(3, int), names=["shoes"], inputs=pl.DataFrame(),
    ... )
    >>> rng = np.random.default_rng(0)
    >>> Template(share=0.5).fit(corpus, rng).write(np.array([0]), rng)[0].text
    'Nike men shoes'
    """

    abstract: ClassVar[bool] = False

    share: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InputError(f"template's share must lie in (0, 1], got {self.share}")

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Grammars:
        phrases = [Phrase.of(text) for text in corpus.texts]
        return _Grammars(self, corpus, phrases, Mentions(_attributes(corpus.inputs)))


def _attributes(inputs: pl.DataFrame) -> dict[str, list[str]]:
    """Values of the columns of few distinct words."""
    kinds = (pl.String, pl.Enum, pl.Categorical)
    found = {
        column.name: column.cast(pl.String).drop_nulls().unique().sort().to_list()
        for column in inputs if isinstance(column.dtype, kinds)
    }  # fmt: skip
    return {name: values for name, values in found.items() if len(values) <= FEW}


class _Part(NamedTuple):
    """A frame word, or an attribute with the name of its place; both may be several words."""

    words: tuple[str, ...]
    place: tuple[str, ...] | None


@dataclass(frozen=True)
class _Grammar:
    """Of one target: the parts of each text, and what was seen in each place, by row."""

    parts: dict[int, list[_Part]]
    seen: dict[tuple[str, ...], list[tuple[tuple[str, ...], int]]]


@dataclass(frozen=True)
class _Grammars:
    made: Template
    corpus: Corpus
    phrases: list[Phrase]
    mentions: Mentions
    kept: dict[int, _Grammar] = field(default_factory=dict)

    def write(self, seeds: IntArray, rng: np.random.Generator) -> list[Draft | None]:
        return [self._draft(seed, rng) for seed in seeds.tolist()]

    def _draft(self, seed: int, rng: np.random.Generator) -> Draft | None:
        grammar = self._of(int(self.corpus.code[seed]))
        words: list[str] = []
        rows = [seed]
        for part in grammar.parts[seed]:
            said = part.words
            if part.place is not None:
                seen = grammar.seen[part.place]
                said, row = seen[int(rng.integers(len(seen)))]
                rows += [row] if said != part.words else []
            words += said
        if len(rows) == 1 or not words:
            return None
        spaced = (" ",) * (len(words) - 1)
        text = Phrase(tuple(words), ("", *spaced, "")).closed().text
        return Draft(text, tuple(dict.fromkeys(rows)))

    def _of(self, code: int) -> _Grammar:
        if code not in self.kept:
            rows = np.flatnonzero(self.corpus.code == code).tolist()
            count = Counter(word for row in rows for word in _distinct(self.phrases[row]))
            least = max(2, self.made.share * len(rows))
            frame = frozenset(word for word, n in count.items() if n >= least)
            grammar = _Grammar({}, {})
            for row in rows:
                grammar.parts[row] = list(self._parts(row, frame))
                for part in grammar.parts[row]:
                    if part.place is not None:
                        grammar.seen.setdefault(part.place, []).append((part.words, row))
            self.kept[code] = grammar
        return self.kept[code]

    def _parts(self, row: int, frame: frozenset[str]) -> Iterator[_Part]:
        """A text as frame words and attributes, one after another."""
        words = self.phrases[row].words
        named = self._named(row)
        left, open_ = EDGE, list[str]()
        for at, word in enumerate(words):
            if at in named or word.lower() in frame:
                column, end = named.get(at, ("", at + 1))
                right = f"<{column}>" if at in named else word.lower()
                yield _Part(tuple(open_), (left, right))
                yield _Part(words[at:end], (right,) if at in named else None)
                left, open_ = right, []
            elif not any(start < at < end for start, (_, end) in named.items()):
                open_.append(word)
        yield _Part(tuple(open_), (left, EDGE))

    def _named(self, row: int) -> dict[int, tuple[str, int]]:
        """Attributes by column: the first word of each, its column, and the word after it."""
        starts, at = {}, len(self.phrases[row].gaps[0])
        for place, word in enumerate(self.phrases[row].words):
            starts[at] = place
            at += len(word) + len(self.phrases[row].gaps[place + 1])
        found: dict[int, tuple[str, int]] = {}
        last = 0
        for mention in self.mentions.of(self.corpus.texts[row]):
            first = starts.get(mention.start)
            if first is not None and first >= last:
                last = 1 + max(word for start, word in starts.items() if start < mention.end)
                found[first] = (mention.attribute, last)
        return found


def _distinct(phrase: Phrase) -> set[str]:
    return {word.lower() for word in phrase.words}
