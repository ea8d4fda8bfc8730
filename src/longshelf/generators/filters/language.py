"""Drafts in the script of the training texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.generators.base import Corpus
from longshelf.generators.filters.base import Batch, Filter, Judged
from longshelf.tables import FloatArray

__all__ = ["Language"]

_BROKEN = re.compile(r"[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f]|Ã[\x80-\xbf]|â€")


@dataclass(frozen=True, kw_only=True)
class Language(Filter):
    """Drop drafts in another script than the training texts, and broken ones.

    A script is the first word of a letter's Unicode name: LATIN, CJK, CYRILLIC and so on. A draft
    passes if at least ``share`` of its letters are of scripts that make up a hundredth or more of
    the training texts' letters, and it holds no replacement character, control character or trace
    of text decoded wrongly. Which language it is within a script is not looked at. A draft without
    letters fails, if not all training texts are so. There is no paper behind it.

    Parameters
    ----------
    share : float in (0, 1], default 0.9

    Examples
    --------
    >>> Language(share=0.8).share
    0.8
    """

    abstract: ClassVar[bool] = False

    share: float = 0.9

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InputError(f"language's share must lie in (0, 1], got {self.share}")

    def fit(self, corpus: Corpus, rng: np.random.Generator) -> _Scripts:
        counts: dict[str, int] = {}
        for letter in "".join(corpus.texts):
            if letter.isalpha():
                name = _script(letter)
                counts[name] = counts.get(name, 0) + 1
        total = sum(counts.values())
        return _Scripts(self.share, frozenset(s for s, n in counts.items() if 100 * n >= total))


_names: dict[str, str] = {}


def _script(letter: str) -> str:
    if letter not in _names:
        _names[letter] = unicodedata.name(letter, "UNKNOWN").split(" ")[0].split("-")[0]
    return _names[letter]


@dataclass(frozen=True)
class _Scripts:
    share: float
    usual: frozenset[str]

    def judge(self, batch: Batch) -> Judged:
        shares = self._shares(batch.texts)
        whole = np.array([_BROKEN.search(text) is None for text in batch.texts], dtype=bool)
        return Judged(whole & (shares >= self.share), shares)

    def _shares(self, texts: Iterable[str]) -> FloatArray:
        """Share of each text's letters in usual scripts; (n,)."""
        shares = []
        for text in texts:
            usual = [_script(letter) in self.usual for letter in text if letter.isalpha()]
            shares.append(float(np.mean(usual)) if usual else float(not self.usual))
        return np.array(shares)
