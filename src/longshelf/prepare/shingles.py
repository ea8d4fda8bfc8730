"""Nearly equal texts by MinHash and locality-sensitive hashing, in whole arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from longshelf.tables import BoolArray, IntArray

__all__ = ["Hashes", "mixed", "nearly_equal", "shingles", "signatures"]

BANDS, DEPTH = 20, 4
PER_BUCKET = 16
CHUNK = 100_000

Hashes = NDArray[np.uint64]


def mixed(values: Hashes) -> Hashes:
    """A bijective scramble of 64 bits (splitmix64)."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def shingles(texts: Sequence[str], size: int = 4) -> tuple[Hashes, IntArray]:
    """The distinct character n-grams of each text, hashed.

    Parameters
    ----------
    texts : sequence of n str
        None of them empty.
    size : int
        Letters of an n-gram; a shorter text is one n-gram.

    Returns
    -------
    hashes : (m,) uint64 array, sorted within each text
    starts : (n + 1,) int array
        Where each text's hashes begin.

    Examples
    --------
    >>> shingles(["abab", "abc"], size=2)[1].tolist()
    [0, 2, 4]
    """
    if len(texts) == 0:
        return np.zeros(0, dtype=np.uint64), np.zeros(1, dtype=np.int64)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    padded = np.maximum(lengths, size)
    joined = "".join(text if len(text) >= size else text.ljust(size, "\0") for text in texts)
    letters = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    rolled = np.zeros(len(letters) - size + 1, dtype=np.uint64)
    for offset in range(size):
        rolled = mixed(rolled + letters[offset : offset + len(rolled)] + np.uint64(offset + 1))
    grams = padded - size + 1
    owner = np.repeat(np.arange(len(texts)), grams)
    first = np.cumsum(padded) - padded
    place = np.arange(grams.sum()) - np.repeat(np.cumsum(grams) - grams, grams)
    hashes = rolled[first[owner] + place]
    order = np.lexsort((hashes, owner))
    hashes, owner = hashes[order], owner[order]
    new = np.ones(len(hashes), dtype=bool)
    new[1:] = (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1])
    counts = np.bincount(owner[new], minlength=len(texts))
    return hashes[new], np.concatenate([[0], np.cumsum(counts)])


def signatures(hashes: Hashes, starts: IntArray, bands: int = BANDS, depth: int = DEPTH) -> Hashes:
    """One key per text and band: texts with equal keys in a band are candidates; (n, bands)."""
    keys = np.zeros((len(starts) - 1, bands), dtype=np.uint64)
    for band in range(bands):
        for step in range(depth):
            odd = mixed(np.array([band * depth + step + 1], dtype=np.uint64)) | np.uint64(1)
            least = np.minimum.reduceat(hashes * odd, starts[:-1])
            keys[:, band] = mixed(keys[:, band] ^ least)
    return keys


def nearly_equal(
    asked: Sequence[str], known: Sequence[str], likeness: float = 0.8, size: int = 4
) -> BoolArray:
    """Whether each text asked about is nearly one of the known ones.

    Candidates share all of ``DEPTH`` MinHash values in one of ``BANDS`` bands; of a crowded bucket
    ``PER_BUCKET`` are tried per band, so the work is bounded. Every hit is measured exactly.

    Parameters
    ----------
    asked, known : sequences of str
        None of them empty.
    likeness : float in (0, 1]
        Least Jaccard coefficient of the sets of character n-grams.
    size : int
        Letters of an n-gram.

    Returns
    -------
    (len(asked),) bool array

    Examples
    --------
    >>> nearly_equal(["red cotton shirt xl", "blue jeans"], ["red cotton shirt xs"]).tolist()
    [True, False]
    """
    found = np.zeros(len(asked), dtype=bool)
    if len(asked) == 0 or len(known) == 0:
        return found
    hashes, starts = shingles([*asked, *known], size)
    keys = signatures(hashes, starts)
    grams = _incidence(hashes, starts)
    sizes = np.diff(starts)
    for band in range(keys.shape[1]):
        open_ = np.flatnonzero(~found)
        left, right = _candidates(keys[open_, band], keys[len(asked) :, band])
        left, right = open_[left], right + len(asked)
        for start in range(0, len(left), CHUNK):
            a, b = left[start : start + CHUNK], right[start : start + CHUNK]
            likely = np.minimum(sizes[a], sizes[b]) >= likeness * np.maximum(sizes[a], sizes[b])
            a, b = a[likely & ~found[a]], b[likely & ~found[a]]
            shared = np.asarray(grams[a].multiply(grams[b]).sum(axis=1)).ravel()
            found[a[shared >= likeness * (sizes[a] + sizes[b] - shared) - 1e-9]] = True
    return found


def _incidence(hashes: Hashes, starts: IntArray) -> sp.csr_matrix:
    """Which text holds which n-gram; (n, distinct n-grams)."""
    distinct, columns = np.unique(hashes, return_inverse=True)
    ones = np.ones(len(hashes), dtype=np.int32)
    return sp.csr_matrix((ones, columns, starts), shape=(len(starts) - 1, len(distinct)))


def _candidates(asked: Hashes, known: Hashes) -> tuple[IntArray, IntArray]:
    """Pairs of equal keys, of each bucket an even selection."""
    order = np.argsort(known, kind="stable")
    low = np.searchsorted(known[order], asked, side="left")
    width = np.searchsorted(known[order], asked, side="right") - low
    tries = np.minimum(width, PER_BUCKET)
    left = np.repeat(np.arange(len(asked)), tries)
    step = np.arange(tries.sum()) - np.repeat(np.cumsum(tries) - tries, tries)
    return left, order[low[left] + step * width[left] // np.maximum(tries[left], 1)]
