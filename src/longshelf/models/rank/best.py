"""The best targets of some rows, kept while scores pass by in blocks."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from longshelf.tables import FloatArray, IntArray
from longshelf.tables.ties import tie_rank

__all__ = ["MOST_ROWS", "Best"]

ROW_BITS, INDEX_BITS = 10, 22
MOST_ROWS = 1 << ROW_BITS
"""Rows one :class:`Best` can watch."""

CROWD = 4
"""Times k candidates a row are held before they are thinned to k."""

PIECE = 1 << 20
"""Scores read at once, so that all of them could be candidates."""

LEAST = np.finfo(np.float32).min
NO_BAR = np.uint32(2**32 - 1)


class Best:
    """The k highest scores of each row, exact under ties, while columns pass in blocks.

    A score is read once and compared with the k-th best its row has shown so far; only what
    reaches it is kept, so a block costs little more than the comparison.

    Parameters
    ----------
    k : int
        Length of the lists.
    keys : (m,) uint32 array, at most 1024 rows
        Order equal scores, see :func:`longshelf.tables.ties.source_keys`.
    hidden : (m, C) CSR or None
        Targets that no list may hold.

    Examples
    --------
    >>> best = Best(2, np.zeros(1, dtype=np.uint32))
    >>> best.offer(np.array([[1.0, 5, 3]], dtype=np.float32), 0)
    >>> best.offer(np.array([[4.0, 0, 2]], dtype=np.float32), 3)
    >>> best.lists()[0].tolist()
    [[1, 3]]
    """

    def __init__(
        self, k: int, keys: NDArray[np.uint32], hidden: sp.csr_matrix | None = None
    ) -> None:
        self.k, self.keys = k, keys
        self.hidden = _by_column(hidden) if hidden is not None and hidden.nnz else None
        self.bound = np.full(len(keys), LEAST, dtype=np.float32)
        self.bar = np.full(len(keys), NO_BAR)
        self.row: list[IntArray] = []
        self.item: list[IntArray] = []
        self.score: list[FloatArray] = []
        self.held, self.fresh = 0, True

    def offer(self, scores: FloatArray, first: int) -> None:
        """Look at the scores (m, b) float32 of targets ``first`` to ``first + b``.

        Minus infinity leaves a target out.
        """
        most = max(PIECE // max(len(scores), 1), 1)
        for start in range(0, scores.shape[1], most):
            piece = scores[:, start : start + most]
            if self.fresh and piece.shape[1] > self.k:
                self._open(piece, first + start)
            self._take(piece, first + start)
            if self.held > CROWD * self.k * len(self.keys):
                self._raise()

    def _open(self, scores: FloatArray, first: int) -> None:
        """Set the first bar: the k-th best of the first scores."""
        place = scores.shape[1] - self.k
        shown = np.array(scores)
        if self.hidden is not None:
            shown[self._hidden(first, scores.shape[1])] = -np.inf
        shown.partition(place, axis=1)
        self.bound = np.maximum(self.bound, shown[:, place])
        self.fresh = False

    def _hidden(self, first: int, width: int) -> tuple[IntArray, IntArray]:
        """Rows and columns of a block that are hidden."""
        if self.hidden is None:
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
        rows, columns = self.hidden
        low, high = np.searchsorted(columns, (first, first + width))
        return rows[low:high], columns[low:high] - first

    def _take(self, scores: FloatArray, first: int) -> None:
        width = scores.shape[1]
        reached = scores >= self.bound[:, None]
        if self.hidden is not None:
            reached[self._hidden(first, width)] = False
        flat = np.flatnonzero(reached)
        if not len(flat):
            return
        count = np.diff(np.searchsorted(flat, np.arange(len(scores) + 1) * width))
        row = np.repeat(np.arange(len(scores)), count)
        column = flat - row * width
        self._keep(row, column + first, scores[row, column] + np.float32(0))

    def _keep(self, row: IntArray, item: IntArray, score: FloatArray) -> None:
        """Hold candidates, without those that lose a tie against k others already."""
        level = np.flatnonzero(score == self.bound[row])
        if len(level):
            who = row[level]
            lost = level[tie_rank(self.keys[who], item[level]) > self.bar[who]]
            if len(lost):
                stays = np.ones(len(row), dtype=bool)
                stays[lost] = False
                row, item, score = row[stays], item[stays], score[stays]
        self.row.append(row)
        self.item.append(item)
        self.score.append(score)
        self.held += len(row)

    def _raise(self) -> None:
        """Raise the bar to the k-th best each row holds, and drop what is under it."""
        row, item, score = self._together()
        count = np.bincount(row, minlength=len(self.keys))
        wide = int(count.max())
        order = np.argsort(row.astype(np.uint16), kind="stable")
        by, start = row[order], np.cumsum(count) - count
        table = np.full((len(count), wide), -np.inf, dtype=np.float32)
        table[by, np.arange(len(by)) - start[by]] = score[order]
        table.partition(wide - self.k, axis=1)
        last = table[:, wide - self.k]
        higher = last > self.bound
        self.bound[higher], self.bar[higher] = last[higher], NO_BAR
        kept = score >= self.bound[row]
        self.row, self.item, self.score = [row[kept]], [item[kept]], [score[kept]]
        self.held = len(self.row[0])
        if self.held > CROWD * self.k * len(self.keys) // 2:
            self.thin()

    def _together(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Row, target and score of every candidate held."""
        return np.concatenate(self.row), np.concatenate(self.item), np.concatenate(self.score)

    def thin(self) -> None:
        """Keep k candidates a row, and raise the bar to the last of them."""
        if not self.held:
            return
        row, item, score = self._together()
        order = self._order(row, item, score)
        row = row[order]
        start = np.searchsorted(row, np.arange(len(self.keys) + 1))
        kept = np.arange(len(row)) - start[row] < self.k
        row, item, score = row[kept], item[order][kept], score[order][kept]
        full = np.flatnonzero(np.diff(start) >= self.k)
        last = np.searchsorted(row, full) + self.k - 1
        self.bound[full], self.bar[full] = score[last], tie_rank(self.keys[full], item[last])
        self.row, self.item, self.score, self.held = [row], [item], [score], len(row)

    def _order(self, row: IntArray, item: IntArray, score: FloatArray) -> IntArray:
        """Candidates by row, falling score, and tie rank."""
        bits = score.view(np.uint32)
        falling = np.where(bits >> np.uint32(31), bits, ~bits ^ np.uint32(0x80000000))
        fused = (row.astype(np.uint64) << np.uint64(32)) | falling
        fused = (fused << np.uint64(INDEX_BITS)) | np.arange(len(row), dtype=np.uint64)
        fused.sort()
        order = (fused & np.uint64((1 << INDEX_BITS) - 1)).astype(np.intp)
        fused >>= np.uint64(INDEX_BITS)
        same = fused[1:] == fused[:-1]
        if same.any():
            self._settle(order, same, row, item)
        return order

    def _settle(
        self, order: IntArray, same: NDArray[np.bool_], row: IntArray, item: IntArray
    ) -> None:
        """Put runs of equal scores in the order of their tie ranks, in place."""
        tied = np.zeros(len(order), dtype=bool)
        tied[1:] |= same
        tied[:-1] |= same
        at = np.flatnonzero(tied)
        run = np.cumsum(np.r_[True, ~same])[at]
        who = order[at]
        rank = tie_rank(self.keys[row[who]], item[who])
        order[at] = who[np.argsort((run.astype(np.uint64) << np.uint64(32)) | rank)]

    def lists(self) -> tuple[IntArray, FloatArray]:
        """Ids (m, k) and scores (m, k) of the best so far; -1 and minus infinity fill up."""
        self.thin()
        shape = (len(self.keys), self.k)
        ids, scores = np.full(shape, -1), np.full(shape, -np.inf, dtype=np.float32)
        if self.held:
            row = self.row[0]
            place = np.arange(len(row)) - np.searchsorted(row, np.arange(len(self.keys)))[row]
            ids[row, place], scores[row, place] = self.item[0], self.score[0]
        return ids, scores


def _by_column(hidden: sp.csr_matrix) -> tuple[IntArray, IntArray]:
    """Row and column of every entry, by rising column."""
    row = np.repeat(np.arange(hidden.shape[0]), np.diff(hidden.indptr))
    order = np.argsort(hidden.indices)
    return row[order], hidden.indices[order]
