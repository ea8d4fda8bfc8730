"""Metrics of the whole catalogue, with intervals from leaving out groups of sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from longshelf.metrics.lists.base import CatalogueMetric, Tally
from longshelf.metrics.lists.block import Block, Catalogue
from longshelf.metrics.lists.exposure import PATIENCE
from longshelf.tables import FloatArray, IntArray
from longshelf.tables.ties import source_keys

__all__ = ["Sums", "measured_tallies", "parts_of"]

GROUPS = 50
"""Groups of sources left out in turn."""

CHUNK = 1 << 16
"""Lists counted at once."""


def parts_of(sources: IntArray) -> IntArray:
    """Deal sources into groups of nearly equal size, by their hash; (u,).

    The same sources are dealt alike whoever ranks for them, so that arms can be paired.
    """
    dealt = np.empty(len(sources), dtype=np.int64)
    dealt[np.argsort(source_keys(sources, 1), kind="stable")] = np.arange(len(sources))
    return dealt % min(GROUPS, max(len(sources), 1))


class Sums:
    """Hits, relevant and masked targets in head, torso and tail, by group of sources.

    Parameters
    ----------
    ks : sequence of int
        Cut-offs of the hits.
    """

    def __init__(self, ks: Sequence[int]) -> None:
        self.hits = {k: np.zeros((GROUPS, 3)) for k in ks}
        self.relevant = np.zeros((GROUPS, 3))
        self.seen = np.zeros((GROUPS, 3))

    def add(self, block: Block, part: IntArray) -> None:
        """Count a block whose sources were dealt like this; (u,)."""
        truth, of = block.truth, block.catalogue.of
        cell = part[truth.source] * 3 + of[truth.target]
        self.relevant += np.bincount(cell, minlength=GROUPS * 3).reshape(GROUPS, 3)
        for k, hits in self.hits.items():
            found = cell[truth.place < k]
            hits += np.bincount(found, minlength=GROUPS * 3).reshape(GROUPS, 3)
        if block.profile is not None:
            had = block.profile
            cell = np.repeat(part, np.diff(had.indptr)) * 3 + of[had.indices]
            self.seen += np.bincount(cell, minlength=GROUPS * 3).reshape(GROUPS, 3)


@dataclass(frozen=True, eq=False)
class _Lists:
    """All lists cut at k, and what was counted of them by group of sources."""

    catalogue: Catalogue
    ids: IntArray
    part: IntArray
    sums: Sums
    k: int

    def tally(self, kept: IntArray, parts: IntArray) -> Tally:
        """Of some sources, which make up some groups."""
        size, depth = len(self.catalogue), min(self.k, self.ids.shape[1])
        listed, exposure = np.zeros(size, dtype=np.int64), np.zeros(size)
        weight = np.tile(PATIENCE ** np.arange(depth), min(len(kept), CHUNK))
        for start in range(0, len(kept), CHUNK):
            ids = self.ids[kept[start : start + CHUNK], :depth].ravel()
            some = ids >= 0
            listed += np.bincount(ids[some], minlength=size)
            exposure += np.bincount(ids[some], weight[: len(ids)][some], size)
        hits, relevant, seen = (
            sums[parts].sum(axis=0)
            for sums in (self.sums.hits[self.k], self.sums.relevant, self.sums.seen)
        )
        return Tally(self.catalogue, listed, exposure, hits, relevant, seen, len(kept))


def _without(whole: Tally, part: Tally) -> Tally:
    """The rest; its exposure in single precision, which is sorted faster and makes an error bar."""
    exposure = (whole.exposure - part.exposure).astype(np.float32)
    return Tally(
        whole.catalogue,
        listed := whole.listed - part.listed,
        np.where(listed > 0, exposure, np.float32(0)),
        whole.hits - part.hits,
        whole.relevant - part.relevant,
        whole.seen - part.seen,
        whole.sources - part.sources,
    )


def measured_tallies(
    metrics: Sequence[CatalogueMetric],
    catalogue: Catalogue,
    ids: IntArray,
    part: IntArray,
    sums: Sums,
) -> Iterator[tuple[CatalogueMetric, float, float]]:
    """Value and half width of the 95% interval of each metric.

    The delete-a-group jackknife [1]_: a metric of who is *present* is measured again without each
    of 50 groups of sources. A bootstrap holds 63% of them, so its interval misses the truth.

    Parameters
    ----------
    metrics : sequence of CatalogueMetric
        What to measure.
    catalogue : Catalogue
        C targets.
    ids : (u, K) int array
        The lists.
    part : (u,) int array
        From :func:`parts_of`.
    sums : Sums
        Of all blocks.

    References
    ----------
    .. [1] Kott, The Delete-a-Group Jackknife, Journal of Official Statistics 17, 2001.
    """
    groups = int(part.max()) + 1 if len(part) else 0
    members = np.split(np.argsort(part, kind="stable"), np.cumsum(np.bincount(part))[:-1])
    for k in sorted({metric.k for metric in metrics}):
        own = [metric for metric in metrics if metric.k == k]
        lists = _Lists(catalogue, ids, part, sums, k)
        whole = lists.tally(np.arange(len(ids)), np.arange(GROUPS))
        left: list[list[float]] = [[] for _ in own]
        for g in range(groups if groups > 1 else 0):
            rest = _without(whole, lists.tally(members[g], np.array([g])))
            for values, metric in zip(left, own, strict=True):
                values.append(metric.of(rest))
        for values, metric in zip(left, own, strict=True):
            yield metric, metric.of(whole), _half_width(np.array(values))


def _half_width(values: FloatArray) -> float:
    n = len(values)
    if n < 2 or not np.isfinite(values).all():
        return float("nan")
    error = np.sqrt((n - 1) / n * ((values - values.mean()) ** 2).sum())
    return float(stdtrit(n - 1, 0.975) * error)
