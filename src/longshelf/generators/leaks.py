"""Texts that say what a held-out text says: found exactly, without looking at every pair."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.prepare import normalise_key
from longshelf.prepare.likeness import Likeness
from longshelf.prepare.shingles import Hashes, mixed
from longshelf.prepare.words import IDEOGRAPH, language_of
from longshelf.tables import BoolArray, IntArray

__all__ = ["LIKENESS", "HeldOut"]

LIKENESS = 0.8
"""Least Jaccard coefficient of character n-grams of a near-duplicate."""

SHORTEST = 4
"""Words of the longer of two texts from which one word may differ."""

_TOKEN = re.compile(rf"{IDEOGRAPH}|(?:(?!{IDEOGRAPH})\S)+")


class HeldOut:
    """Texts that no generated one may repeat.

    Texts are compared in small letters, NFKC, without marks. The reasons, the first that holds:

    - ``equal``: the same letters, spaces aside;
    - ``same words``: the same words, each as often, in any order;
    - ``one word``: the same words but for one that was changed, added or left out, in any order,
      where the longer text has at least four;
    - ``alike``: the sets of runs of four letters, of two in Chinese, have a Jaccard coefficient of
      at least ``likeness``.

    A word stands between white space, its marks dropped, or else between marks: ``T-shirt`` is one
    word, and two; what holds either way holds. A word of Chinese is a character. All four are
    exact: the middle two compare 64-bit sums of hashed words, with one word taken away in turn, the
    last measures every pair that could reach the coefficient.

    Parameters
    ----------
    texts : sequence of str
        Such as those of valid and test.
    likeness : float in (0, 1], default 0.8
        Of ``alike``.

    Examples
    --------
    >>> held = HeldOut(["Nike Men Red Running Shoes"])
    >>> held.near(["nike men's red", "NIKE men red running shoes", "Men Nike Running Red Shoes",
    ...            "Nike Men Blue Running Shoes"]).tolist()
    ['', 'equal', 'same words', 'one word']
    """

    def __init__(self, texts: Sequence[str], likeness: float = LIKENESS) -> None:
        known = [text for text in dict.fromkeys(_apart(texts)) if text]
        self._squeezed = {text.replace(" ", "") for text in known}
        self._numbers: dict[str, int] = {}
        self._views = [_bags(known, self._numbers), _bags(_joined(texts), self._numbers)]
        size = 2 if language_of(pl.Series(known, dtype=pl.String)) == "zh" else 4
        self._likeness = Likeness(known, likeness, size)

    def near(self, asked: Sequence[str]) -> NDArray[np.str_]:
        """Why each text is a near-duplicate of a held-out one; empty where it is none; (n,)."""
        why = np.full(len(asked), "", dtype="<U10")
        if not self._squeezed or not len(asked):
            return why
        plain = _apart(asked)
        ours = [_bags(texts, self._numbers) for texts in (plain, _joined(asked))]
        views = list(zip(ours, self._views, strict=True))
        rules: dict[str, BoolArray] = {
            "equal": np.array([text.replace(" ", "") in self._squeezed for text in plain]),
            "same words": _any(np.isin(o.whole, t.whole) & (o.words > 0) for o, t in views),
            "one word": _any(_one_word(o, t) for o, t in views),
        }
        said = np.array([bool(text) for text in plain])
        for name, holds in rules.items():
            why[holds & said & (why == "")] = name
        open_ = np.flatnonzero(said & (why == ""))
        alike = self._likeness.of([plain[at] for at in open_.tolist()]) > 0
        why[open_[alike]] = "alike"
        return why


def _apart(texts: Sequence[str]) -> list[str]:
    """Normal forms, marks as spaces."""
    return normalise_key(pl.Series(texts, dtype=pl.String)).to_list()


def _joined(texts: Sequence[str]) -> list[str]:
    """Normal forms, marks left out."""
    folded = pl.Series(texts, dtype=pl.String).str.normalize("NFKC").str.to_lowercase()
    return folded.str.replace_all(r"[^\p{L}\p{M}\p{N}\s]+", "").to_list()


def _any(several: Iterable[BoolArray]) -> BoolArray:
    return np.asarray(np.logical_or.reduce(list(several)))


class _Bags(NamedTuple):
    """Sums of hashed words: of each text, and of each text less one of its words.

    Parameters
    ----------
    whole : (n,) uint64 array
    words : (n,) int array
        How many.
    less : (total,) uint64 array
        One entry a word, text after text.
    owner : (total,) int array
    """

    whole: Hashes
    words: IntArray
    less: Hashes
    owner: IntArray


def _bags(texts: Sequence[str], numbers: dict[str, int]) -> _Bags:
    """The words of some texts; ``numbers`` grows by those that are new."""
    tokens = [
        [numbers.setdefault(word, len(numbers)) for word in _TOKEN.findall(text)] for text in texts
    ]
    words = np.array([len(one) for one in tokens], dtype=np.int64)
    owner = np.repeat(np.arange(len(texts)), words)
    flat = np.fromiter((word for one in tokens for word in one), np.uint64, words.sum())
    hashed = mixed(flat + np.uint64(1))
    whole = np.zeros(len(texts), dtype=np.uint64)
    np.add.at(whole, owner, hashed)
    return _Bags(whole, words, whole[owner] - hashed, owner)


def _one_word(ours: _Bags, theirs: _Bags) -> BoolArray:
    """Whether a text becomes another by changing, adding or leaving out one word; (n,)."""
    long, their_long = ours.words[ours.owner] >= SHORTEST, theirs.words[theirs.owner] >= SHORTEST
    found = np.isin(ours.whole, theirs.less[their_long])
    changed = np.isin(ours.less, theirs.less[their_long])
    added = np.isin(ours.less, theirs.whole)
    found[ours.owner[long & (changed | added)]] = True
    return found
