"""How alike texts are at most to any of many others: exactly, and without looking at every pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from longshelf.prepare.shingles import Hashes, shingles
from longshelf.tables import FloatArray, IntArray

__all__ = ["Likeness"]

CHUNK, BLOCK = 100_000, 1_000
SHARED = 10
"""One in so many n-grams must be shared among the rarest before a pair is measured."""


class Likeness:
    """Texts to compare others with, by the Jaccard coefficient of their character n-grams.

    Exact: two sets of a and b n-grams with coefficient t or more share k of the first
    ``a - ceil(t * a) + k`` and ``b - ceil(t * b) + k`` of them in any common order, for any k [1]_.
    In the order of rarity few pairs do; only those are measured.

    Parameters
    ----------
    known : sequence of str
        None of them empty.
    least : float in (0, 1], default 0.8
        Smaller coefficients count as 0.
    size : int, default 4
        Letters of an n-gram.

    References
    ----------
    .. [1] Chaudhuri, Ganti and Kaushik, A Primitive Operator for Similarity Joins in Data Cleaning,
       ICDE 2006; for k above 1 Wang, Li and Feng, Can We Beat the Prefix Filtering?, SIGMOD 2012.

    Examples
    --------
    >>> Likeness(["red cotton shirt xs"]).of(["red cotton shirt xl", "blue jeans"]).round(2).tolist()
    [0.88, 0.0]
    """

    def __init__(self, known: Sequence[str], least: float = 0.8, size: int = 4) -> None:
        self.least, self.size = least, size
        hashes, starts = shingles(known, size)
        self._distinct, columns = np.unique(hashes, return_inverse=True)
        order = np.argsort(np.bincount(columns, minlength=len(self._distinct)), kind="stable")
        self._rank = np.empty_like(order)
        self._rank[order] = np.arange(len(order))
        self._sizes = np.diff(starts)
        self._grams = self._held(columns, starts)
        self._common, lengths = self._lengths(self._sizes)
        self._by_gram = _prefix(self._grams, lengths).T.tocsr()

    def of(self, asked: Sequence[str]) -> FloatArray:
        """The largest coefficient of each text with any known one; 0 below ``least``; (n,).

        Parameters
        ----------
        asked : n strings
            None of them empty.
        """
        best = np.zeros(len(asked))
        if not len(asked) or not len(self._sizes):
            return best
        hashes, starts = shingles(asked, self.size)
        sizes = np.diff(starts)
        grams = self._held(*self._known_only(hashes, starts))
        common, lengths = self._lengths(sizes)
        first = _prefix(grams, np.maximum(lengths - (sizes - np.diff(grams.indptr)), 0))
        for start in range(0, len(asked), BLOCK):
            pairs = sp.coo_matrix(first[start : start + BLOCK] @ self._by_gram)
            a, b = pairs.row + start, pairs.col
            low, high = np.minimum(sizes[a], self._sizes[b]), np.maximum(sizes[a], self._sizes[b])
            likely = low >= self.least * high - 1e-9
            likely &= pairs.data >= np.minimum(common[a], self._common[b])
            self._measure(grams, sizes, a[likely], b[likely], best)
        best[best < self.least - 1e-9] = 0.0
        return best

    def _measure(
        self, grams: sp.csr_matrix, sizes: IntArray, a: IntArray, b: IntArray, best: FloatArray
    ) -> None:
        """Raise ``best`` to the coefficients of these pairs."""
        for at in range(0, len(a), CHUNK):
            left, right = a[at : at + CHUNK], b[at : at + CHUNK]
            shared = np.asarray(grams[left].multiply(self._grams[right]).sum(axis=1)).ravel()
            np.maximum.at(best, left, shared / (sizes[left] + self._sizes[right] - shared))

    def _lengths(self, sizes: IntArray) -> tuple[IntArray, IntArray]:
        """How many of the rarest n-grams a pair must share, and among how many."""
        common = 1 + sizes // SHARED
        return common, sizes - np.ceil(self.least * sizes - 1e-9).astype(np.int64) + common

    def _known_only(self, hashes: Hashes, starts: IntArray) -> tuple[IntArray, IntArray]:
        """Columns of the n-grams that some known text holds, and where each text's begin.

        Others count as rarer than any of them, and are shared by nobody.
        """
        place = np.minimum(np.searchsorted(self._distinct, hashes), len(self._distinct) - 1)
        there = self._distinct[place] == hashes
        before = np.concatenate([[0], np.cumsum(there)])
        return place[there], before[starts]

    def _held(self, columns: IntArray, starts: IntArray) -> sp.csr_matrix:
        """Which text holds which n-gram, columns and each row's entries in the order of rarity."""
        ones = np.ones(len(columns), dtype=np.int32)
        shape = (len(starts) - 1, len(self._distinct))
        made = sp.csr_matrix((ones, self._rank[columns], starts), shape=shape)
        made.sort_indices()
        return made


def _prefix(grams: sp.csr_matrix, lengths: IntArray) -> sp.csr_matrix:
    """The first entries of each row only."""
    sizes = np.diff(grams.indptr)
    place = np.arange(grams.nnz) - np.repeat(grams.indptr[:-1], sizes)
    kept = place < np.repeat(lengths, sizes)
    ends = np.concatenate([[0], np.cumsum(np.minimum(lengths, sizes))])
    return sp.csr_matrix((grams.data[kept], grams.indices[kept], ends), shape=grams.shape)
