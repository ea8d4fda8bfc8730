"""Probabilities of texts by word n-grams: the rival a language model's perplexity is held against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from math import log
from typing import Protocol

import numpy as np

from longshelf.tables import FloatArray

__all__ = ["Grams", "WordModel", "spelled"]

SPELLING = 5
"""Longest history of a spelling, in bytes."""

CODES = 257
"""Bytes, and the end of a word."""


class Law(Protocol):
    """Probability of a symbol after a history."""

    def __call__(self, symbol: Hashable, history: tuple[Hashable, ...]) -> float: ...


class Grams:
    """Witten and Bell's interpolation of histories of every length.

    A history seen c times with T different followers gives its own counts the weight
    c / (c + T) and the history shorter by one the rest; below the empty history stands ``base``.

    Parameters
    ----------
    sequences : iterable of sequences
        What to count, each with its closing symbol.
    order : int
        Longest history.
    base : callable
        Probability of a symbol after a history where nothing was counted.

    References
    ----------
    .. [1] Witten and Bell, The Zero-Frequency Problem, IEEE Transactions on Information Theory
       1991, method C; interpolated as in Chen and Goodman, 1998, eq. 2.15.

    Examples
    --------
    >>> grams = Grams([["a", "b"], ["a", "a"]], order=1, base=lambda symbol, history: 1 / 4)
    >>> grams("a", ()), grams("b", ("a",))
    (0.5833333333333334, 0.375)
    """

    def __init__(self, sequences: Iterable[Sequence[Hashable]], order: int, base: Law) -> None:
        self.order = order
        self.base = base
        self.counts: dict[tuple[Hashable, ...], dict[Hashable, int]] = defaultdict(dict)
        for sequence in sequences:
            whole = tuple(sequence)
            for at, symbol in enumerate(whole):
                for size in range(min(order, at) + 1):
                    after = self.counts[whole[at - size : at]]
                    after[symbol] = after.get(symbol, 0) + 1
        self.totals = {history: sum(after.values()) for history, after in self.counts.items()}

    def __call__(self, symbol: Hashable, history: tuple[Hashable, ...]) -> float:
        """Probability of a symbol after a history of any length."""
        found = self.base(symbol, history)
        for size in range(min(self.order, len(history)) + 1):
            key = history[len(history) - size :]
            after = self.counts.get(key)
            if after is None:
                break
            kinds = len(after)
            found = (after.get(symbol, 0) + kinds * found) / (self.totals[key] + kinds)
        return found


def spelled(word: str) -> list[int]:
    """A word as its bytes and their end.

    Examples
    --------
    >>> spelled("Nø")
    [78, 195, 184, 256]
    """
    return [*word.encode(), CODES - 1]


class WordModel:
    """A smoothed probability for every text: words by n-grams, words never read by their spelling.

    Parameters
    ----------
    texts : iterable of sequences of str
        The words of each text.
    order : int, default 2
        Longest history, in words.
    wider : WordModel or None
        What to fall back to below the empty history: all texts where these are of one category.
        None falls back to spellings, counted over the different words.

    Examples
    --------
    >>> model = WordModel([["red", "shoes"], ["red", "shirt"]])
    >>> seen, new = model.log_probability([["red", "shoes"], ["red", "shoe"]])
    >>> round(float(seen), 2), round(float(new), 2)
    (-2.98, -13.23)
    """

    def __init__(
        self, texts: Iterable[Sequence[str]], order: int = 2, wider: WordModel | None = None
    ) -> None:
        closed = [[*words, ""] for words in texts]
        if wider is None:
            kinds = sorted({word for words in closed for word in words})
            letters = Grams(map(spelled, kinds), SPELLING, lambda symbol, history: 1 / CODES)
            base: Law = _Spelling(letters)
        else:
            base = wider.grams
        self.grams: Grams = Grams(closed, order, base)

    def log_probability(self, texts: Iterable[Sequence[str]]) -> FloatArray:
        """Natural logarithm of each text's probability, its end included; (n,)."""
        return np.array([sum(self._logs(words)) for words in texts])

    def _logs(self, words: Sequence[str]) -> Iterable[float]:
        whole = (*words, "")
        for at, word in enumerate(whole):
            yield log(self.grams(word, whole[:at]))


class _Spelling:
    """Probability of a word by its letters, remembered."""

    def __init__(self, letters: Grams) -> None:
        self.letters = letters
        self.known: dict[Hashable, float] = {}

    def __call__(self, symbol: Hashable, history: tuple[Hashable, ...]) -> float:
        if symbol not in self.known:
            codes = tuple(spelled(str(symbol)))
            found = 1.0
            for at, code in enumerate(codes):
                found *= self.letters(code, codes[:at])
            self.known[symbol] = found
        return self.known[symbol]
