"""Patterns of texts: what is left when the values that were asked for become slots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from longshelf.prepare.mentions import Mention, Mentions

__all__ = ["Pattern", "pattern_of"]


class Pattern(NamedTuple):
    """Literal pieces with a slot between every two.

    Parameters
    ----------
    pieces : tuple of str
        One more than there are slots.
    slots : tuple of str
        The attribute each slot holds; ``category`` is one of them.

    Examples
    --------
    >>> Pattern(("Plain ", " ", ""), ("colour", "category")).fill({"colour": "red", "category": "tie"})
    'Plain red tie'
    """

    pieces: tuple[str, ...]
    slots: tuple[str, ...]

    def fill(self, words: Mapping[str, str]) -> str:
        """The text with these words in the slots."""
        filled = [words[slot] for slot in self.slots]
        pairs = zip(self.pieces, [*filled, ""], strict=True)
        return "".join(part for pair in pairs for part in pair)


def pattern_of(
    text: str, asked: Mapping[str, str], mentions: Mentions
) -> tuple[Pattern, dict[str, str]] | None:
    """The pattern of a text, and the words that stood in its slots.

    Where values overlap the longest becomes a slot. A text that also names a value nobody asked
    for, or names nothing, has no pattern: for other values it would say something false.

    Examples
    --------
    >>> mentions = Mentions({"colour": ["Red", "Blue"]})
    >>> pattern_of("Nike red shoe", {"colour": "Red"}, mentions)
    (Pattern(pieces=('Nike ', ' shoe'), slots=('colour',)), {'colour': 'red'})
    >>> pattern_of("Nike blue shoe", {"colour": "Red"}, mentions)
    """
    found = mentions.of(text)
    own = [m for m in found if asked.get(m.attribute) in m.values]
    slots = _apart(own)
    if not slots or any(not _inside(m, slots) for m in found if m not in own):
        return None
    ends = [0, *(m.end for m in slots)]
    starts = [*(m.start for m in slots), len(text)]
    pieces = tuple(text[end:start] for end, start in zip(ends, starts, strict=True))
    words = {m.attribute: text[m.start : m.end] for m in slots}
    return Pattern(pieces, tuple(m.attribute for m in slots)), words


def _apart(found: list[Mention]) -> list[Mention]:
    """Those that do not overlap, the longest first, in the order of the text."""
    kept: list[Mention] = []
    for m in sorted(found, key=lambda m: m.start - m.end):
        if all(m.end <= other.start or m.start >= other.end for other in kept):
            kept.append(m)
    return sorted(kept, key=lambda m: m.start)


def _inside(m: Mention, slots: list[Mention]) -> bool:
    return any(slot.start <= m.start and m.end <= slot.end for slot in slots)
