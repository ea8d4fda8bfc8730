"""Words that tell a target, and words typical of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from longshelf.generators.phrases import Phrase
from longshelf.tables import IntArray

__all__ = ["Telling"]


class Telling:
    """The target each word tells, if any, and how often it stands in its texts.

    A word tells a target that holds more than half of the texts with the word, if the odds that a
    text with it is of the target are at least twice those of any text. It is typical of a target if
    it tells it, or if the odds are so and a fifth of the target's texts hold it: *shoe* is typical
    of running shoes and of walking shoes, and tells neither.

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
        self.counts: dict[str, dict[int, int]] = {}
        for phrase, target in zip(phrases, code.tolist(), strict=True):
            for word in {word.lower() for word in phrase.words}:
                held = self.counts.setdefault(word, {})
                held[target] = held.get(target, 0) + 1
        self._texts = np.bincount(code)
        self._told: dict[str, int] = {}
        for word, held in self.counts.items():
            target = max(held, key=held.__getitem__)
            if 2 * held[target] > sum(held.values()) and self._lifted(word, target):
                self._told[word] = target

    def _lifted(self, word: str, target: int) -> bool:
        """Whether a word at least doubles the odds of a target."""
        with_it, of_target = self.counts[word], int(self._texts[target])
        held, others = with_it.get(target, 0), int(self._texts.sum()) - of_target
        return others > 0 and held * others >= 2 * of_target * (sum(with_it.values()) - held)

    def of(self, word: str) -> int | None:
        """The target a word tells."""
        return self._told.get(word.lower())

    def misleads(self, word: str, target: int) -> bool:
        """Whether a word tells another target."""
        return self.of(word) not in (None, target)

    def count(self, word: str, target: int) -> int:
        """Texts of a target that hold a word."""
        return self.counts.get(word.lower(), {}).get(target, 0)

    def typical(self, word: str, target: int) -> bool:
        """Whether a word tells a target or is typical of it."""
        often = self.count(word, target) >= 0.2 * self._texts[target]
        return self.of(word) == target or (often and self._lifted(word.lower(), target))
