"""Texts that say what a held-out text says: found exactly, without looking at every pair."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.prepare import normalise_key
from longshelf.prepare.shingles import likest, mixed
from longshelf.prepare.words import IDEOGRAPH, language_of
from longshelf.tables import BoolArray, IntArray

__all__ = ["LIKENESS", "leaks"]

LIKENESS = 0.8
"""Least Jaccard coefficient of character n-grams of a near-duplicate."""

SHORTEST = 4
"""Words of the longer of two texts from which one word may differ."""

_TOKEN = re.compile(rf"{IDEOGRAPH}|(?:(?!{IDEOGRAPH})\S)+")

Hashes = NDArray[np.uint64]


def leaks(
    asked: Sequence[str], held: Sequence[str], likeness: float = LIKENESS
) -> NDArray[np.str_]:
    """Why each text is a near-duplicate of a held-out one; empty where it is none.

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
    asked : n strings
        Such as generated texts.
    held : m strings
        Such as those of valid and test.
    likeness : float in (0, 1], default 0.8
        Of ``alike``.

    Returns
    -------
    (n,) str array

    Examples
    --------
    >>> held = ["Nike Men Red Running Shoes"]
    >>> leaks(["nike men's red", "NIKE men red running shoes", "Men Nike Running Red Shoes",
    ...        "Nike Men Blue Running Shoes"], held).tolist()
    ['', 'equal', 'same words', 'one word']
    """
    why = np.full(len(asked), "", dtype="<U10")
    known = [text for text in dict.fromkeys(_apart(held)) if text]
    if not known or not len(asked):
        return why
    plain = _apart(asked)
    squeezed = {text.replace(" ", "") for text in known}
    views = [_bags(plain, known), _bags(_joined(asked), _joined(held))]
    rules: dict[str, BoolArray] = {
        "equal": np.array([text.replace(" ", "") in squeezed for text in plain], dtype=bool),
        "same words": _any(
            np.isin(ours.whole, theirs.whole) & (ours.words > 0) for ours, theirs in views
        ),
        "one word": _any(_one_word(ours, theirs) for ours, theirs in views),
    }
    said = np.array([bool(text) for text in plain])
    for name, holds in rules.items():
        why[holds & said & (why == "")] = name
    open_ = np.flatnonzero(said & (why == ""))
    size = 2 if language_of(pl.Series(known)) == "zh" else 4
    alike = likest([plain[at] for at in open_.tolist()], known, likeness, size) > 0
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


def _bags(*lists: Sequence[str]) -> list[_Bags]:
    """The words of each list of texts, numbered alike."""
    numbers: dict[str, int] = {}
    made = []
    for texts in lists:
        tokens = [
            [numbers.setdefault(word, len(numbers)) for word in _TOKEN.findall(text)]
            for text in texts
        ]
        words = np.array([len(one) for one in tokens], dtype=np.int64)
        owner = np.repeat(np.arange(len(texts)), words)
        flat = np.fromiter((word for one in tokens for word in one), np.uint64, words.sum())
        hashed = mixed(flat + np.uint64(1))
        whole = np.zeros(len(texts), dtype=np.uint64)
        np.add.at(whole, owner, hashed)
        made.append(_Bags(whole, words, whole[owner] - hashed, owner))
    return made


def _one_word(ours: _Bags, theirs: _Bags) -> BoolArray:
    """Whether a text becomes another by changing, adding or leaving out one word; (n,)."""
    long, their_long = ours.words[ours.owner] >= SHORTEST, theirs.words[theirs.owner] >= SHORTEST
    found = np.isin(ours.whole, theirs.less[their_long])
    changed = np.isin(ours.less, theirs.less[their_long])
    added = np.isin(ours.less, theirs.whole)
    found[ours.owner[long & (changed | added)]] = True
    return found
