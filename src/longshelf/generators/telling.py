"""Words that tell a target: most texts that hold them are of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from longshelf.generators.phrases import Phrase
from longshelf.tables import IntArray

__all__ = ["Telling"]


class Telling:
    """The target each word tells, if any.

    A word tells a target that holds more than half of the texts with the word, and at least twice
    its own share of all texts.

    Parameters
    ----------
    phrases : sequence of n Phrase
        Case is ignored.
    code : (n,) int array
        Target of each.

    Examples
    --------
    >>> texts = ["red shoe", "blue shoe", "red hat", "blue hat"]
    >>> telling = Telling([Phrase.of(text) for text in texts], np.array([0, 0, 1, 1]))
    >>> telling.of("Shoe"), telling.of("hat"), telling.of("red")
    (0, 1, None)
    """

    def __init__(self, phrases: Sequence[Phrase], code: IntArray) -> None:
        counts: dict[str, dict[int, int]] = {}
        for phrase, target in zip(phrases, code.tolist(), strict=True):
            for word in {word.lower() for word in phrase.words}:
                held = counts.setdefault(word, {})
                held[target] = held.get(target, 0) + 1
        share = np.bincount(code) / max(len(code), 1)
        self._told: dict[str, int] = {}
        for word, held in counts.items():
            target, most = max(held.items(), key=lambda item: item[1])
            total = sum(held.values())
            if 2 * most > total and most >= 2 * share[target] * total:
                self._told[word] = target

    def of(self, word: str) -> int | None:
        """The target a word tells."""
        return self._told.get(word.lower())

    def misleads(self, word: str, target: int) -> bool:
        """Whether a word tells another target."""
        return self.of(word) not in (None, target)
