"""Word n-grams with back-off: who may follow whom."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

__all__ = ["END", "START", "WordChain", "glue", "words"]

START, END = "\n", ""
"""Stand before the first and after the last word of a text."""

PIECE = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")


def words(text: str) -> list[str]:
    """Words by white space; Chinese characters one by one.

    Examples
    --------
    >>> words("Nike 跑鞋 Air")
    ['Nike', '跑', '鞋', 'Air']
    """
    return PIECE.findall(text)


def glue(pieces: Sequence[str]) -> str:
    """Words back to a text, without spaces beside Chinese characters.

    Examples
    --------
    >>> glue(["Nike", "跑", "鞋"])
    'Nike跑鞋'
    """
    text = ""
    for piece in pieces:
        apart = text and text[-1] < "\u3400" and piece[0] < "\u3400"
        text += f" {piece}" if apart else piece
    return text


class WordChain:
    """Followers of every history up to ``order`` words, with repeats; a text begins with START.

    Parameters
    ----------
    texts : iterable of str
    order : int
        Longest history.
    wider : WordChain or None
        Where to back off to below the empty history.
    borrow : float in [0, 1], default 0.0
        Probability of doing so.
    """

    def __init__(
        self,
        texts: Iterable[str],
        order: int,
        wider: WordChain | None = None,
        borrow: float = 0.0,
    ) -> None:
        self.order = order
        self.wider = wider
        self.borrow = borrow
        self.followers: dict[tuple[str, ...], list[str]] = defaultdict(list)
        lengths = [0]
        for text in texts:
            pieces = words(text)
            lengths.append(len(pieces))
            whole = (START, *pieces, END)
            for at in range(1, len(whole)):
                for size in range(min(order, at) + 1):
                    self.followers[whole[at - size : at]].append(whole[at])
        self.longest = max(lengths)
        self.shortest = min(lengths[1:], default=0)
        self.kinds = {history: len(set(after)) for history, after in self.followers.items()}

    def next_word(self, history: Sequence[str], rng: np.random.Generator) -> str:
        """Draw a follower; back off with the Witten-Bell probability ``kinds / (kinds + count)``."""
        for size in range(min(self.order, len(history)), -1, -1):
            key = tuple(history[len(history) - size :])
            after = self.followers.get(key)
            if not after:
                continue
            stay = len(after) / (len(after) + self.kinds[key]) if size else 1 - self.borrow
            if rng.random() < stay:
                return after[int(rng.integers(len(after)))]
        return END if self.wider is None else self.wider.next_word(history, rng)

    def write(self, rng: np.random.Generator) -> str:
        """A new text between the shortest and the longest read in length; empty if none came."""
        pieces = [START]
        for _ in range(4 * self.longest):
            piece = self.next_word(pieces, rng)
            if piece != END:
                pieces.append(piece)
            elif len(pieces) > self.shortest:
                break
            if len(pieces) > self.longest:
                break
        return glue(pieces[1:]) if len(pieces) > self.shortest else ""
