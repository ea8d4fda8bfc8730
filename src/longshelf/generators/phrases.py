"""A text as words and what stands between them, so that words can move and all else stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from longshelf.prepare.words import IDEOGRAPH, cutter

__all__ = ["Phrase"]

_PIECE = re.compile(
    rf"(?P<han>{IDEOGRAPH}+)|(?:(?!{IDEOGRAPH})[^\W_])+(?:['’./&+-](?:(?!{IDEOGRAPH})[^\W_])+)*%?"
)


@dataclass(frozen=True)
class Phrase:
    """Words, and the spaces and marks around them.

    Chinese is cut by jieba; other words are runs of letters and digits, with the marks inside them,
    as in ``T-shirt`` and ``3.5``.

    Parameters
    ----------
    words : n strings
    gaps : n + 1 strings
        Before the first word, between words, after the last.

    Examples
    --------
    >>> one = Phrase.of("Nike, 跑鞋 (T-shirt)")
    >>> one.words, one.swapped(0, 2).text
    (('Nike', '跑鞋', 'T-shirt'), 'T-shirt, 跑鞋 (Nike)')
    """

    words: tuple[str, ...]
    gaps: tuple[str, ...]

    @staticmethod
    def of(text: str) -> Phrase:
        """Take a text apart; :attr:`text` gives it back."""
        words, gaps, end = [], [], 0
        for start, word in _words(text):
            gaps.append(text[end:start])
            words.append(word)
            end = start + len(word)
        return Phrase(tuple(words), (*gaps, text[end:]))

    @property
    def text(self) -> str:
        """The words again, kept apart where two would run into one."""
        done = self.gaps[0]
        for word, gap in zip(self.words, self.gaps[1:], strict=True):
            done += (" " if _run_into(done, word) else "") + word + gap
        return done

    def replaced(self, at: int, word: str) -> Phrase:
        """With another word at a place."""
        return Phrase((*self.words[:at], word, *self.words[at + 1 :]), self.gaps)

    def swapped(self, one: int, other: int) -> Phrase:
        """With two words in each other's place."""
        return self.replaced(one, self.words[other]).replaced(other, self.words[one])

    def inserted(self, at: int, word: str) -> Phrase:
        """With a word more, before the one that stands at a place, or at the end."""
        words = (*self.words[:at], word, *self.words[at:])
        if at == len(self.words):
            gaps = (*self.gaps[:-1], "" if not self.words else " ", self.gaps[-1])
        else:
            gaps = (*self.gaps[: at + 1], " ", *self.gaps[at + 1 :])
        return Phrase(words, gaps).closed(at, at + 1)

    def closed(self, *places: int) -> Phrase:
        """Without spaces beside Chinese words, in these gaps; in all if none is named."""
        gaps = list(self.gaps)
        for at in places or range(len(gaps)):
            beside = self.words[max(at - 1, 0) : at + 1]
            if gaps[at] == " " and any(re.match(IDEOGRAPH, word) for word in beside):
                gaps[at] = ""
        return Phrase(self.words, tuple(gaps))

    def without(self, at: int) -> Phrase:
        """With a word less; of the gaps beside it the wider stays."""
        gap = max(self.gaps[at], self.gaps[at + 1], key=lambda gap: len(gap.strip()) or -1)
        if at in (0, len(self.words) - 1):
            gap = gap.strip()
        return Phrase(
            self.words[:at] + self.words[at + 1 :], (*self.gaps[:at], gap, *self.gaps[at + 2 :])
        )

    def kept(self, places: Sequence[int]) -> Phrase:
        """With the words at these places only."""
        done = self
        for at in reversed(range(len(self.words))):
            if at not in places:
                done = done.without(at)
        return done


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Each word and where it starts."""
    for found in _PIECE.finditer(text):
        start = found.start()
        for word in cutter()(found.group()) if found["han"] else [found.group()]:
            yield start, word
            start += len(word)


def _run_into(done: str, word: str) -> bool:
    """Whether a word would become one with what stands before it."""
    return bool(done and word and _latin(done[-1]) and _latin(word[0]))


def _latin(letter: str) -> bool:
    return letter.isalnum() and not re.match(IDEOGRAPH, letter)
