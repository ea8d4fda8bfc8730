"""Metrics that read what was shown and judged, not only what was liked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.metrics.lists.base import ListMetric
from longshelf.metrics.lists.block import Block
from longshelf.tables import FloatArray, IntArray

__all__ = ["Gauc", "Judged", "midrank"]


def midrank(source: IntArray, value: FloatArray, u: int) -> FloatArray:
    """Rank of each value among those of its source, from 1; equal values share their mean; (r,).

    Examples
    --------
    >>> midrank(np.array([0, 0, 0, 1]), np.array([5.0, 2, 5, 9]), 2).tolist()
    [2.5, 1.0, 2.5, 1.0]
    """
    order = np.lexsort((value, source))
    by, sorted_value = source[order], value[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (by[1:] != by[:-1]) | (sorted_value[1:] != sorted_value[:-1])
    run = np.cumsum(new) - 1
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(order)) - 1
    start = np.searchsorted(by, np.arange(u))
    rank = np.empty(len(order))
    rank[order] = ((first + last) / 2)[run] - start[by] + 1
    return rank


@dataclass(frozen=True, kw_only=True)
class Gauc(ListMetric):
    """AUC within each source's judged targets, each source counting by their number [1]_.

    Sources whose judgements are all alike are left out; judged targets that a list lacks stand
    level at its end, and equal scores count half.

    References
    ----------
    .. [1] Zhou et al., Deep Interest Network, KDD 2018, arXiv:1706.06978, eq. 8.

    Examples
    --------
    >>> Gauc().id
    'gauc'
    """

    abstract: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset({"judged"})
    sliced: ClassVar[bool] = False
    cut: ClassVar[bool] = False
    stem: ClassVar[str] = "gauc"
    definition: ClassVar[str] = "AUC of each source's judged targets, weighted by their number"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        pairs = block.judgements
        depth = block.ids.shape[1]
        there = pairs.place < depth
        value = np.full(len(there), -np.inf)
        value[there] = block.scores[pairs.source[there], pairs.place[there]]
        rank = midrank(pairs.source, value, block.u)
        good = pairs.grade > 0
        count = np.bincount(pairs.source, minlength=block.u).astype(float)
        right = np.bincount(pairs.source[good], minlength=block.u).astype(float)
        sums = np.bincount(pairs.source[good], rank[good], block.u)
        both = (right > 0) & (right < count)
        area = (sums - right * (right + 1) / 2) / np.where(both, right * (count - right), 1)
        weight = np.where(both, count, 0.0)
        return (area * weight)[None], weight[None]


@dataclass(frozen=True, kw_only=True)
class Judged(ListMetric):
    """Share of the first k places whose target anybody judged for the source.

    Examples
    --------
    >>> Judged(k=10).id
    'judged@10'
    """

    abstract: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset({"judged"})
    sliced: ClassVar[bool] = False
    stem: ClassVar[str] = "judged"
    definition: ClassVar[str] = "judged among the first k / listed among them, mean over sources"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        pairs = block.judgements
        known = np.bincount(pairs.source[pairs.place < self.k], minlength=block.u)
        long = block.listed[:, : self.k].sum(axis=1).astype(float)
        return (known / np.maximum(long, 1))[None], (long > 0).astype(float)[None]
