"""Metrics of ranked lists: how much of what is relevant they hold, and how early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.metrics.base import Metric, Reads
from longshelf.tables import BoolArray, FloatArray, Ranking, Targets

__all__ = ["Aplt", "Arp", "Coverage", "Gini", "HitRate", "ListMetric", "Lists", "Ndcg", "Recall"]


@dataclass(frozen=True)
class Lists:
    """Lists beside what was relevant.

    Parameters
    ----------
    ranking : Ranking
        u lists.
    relevant : (u, C) CSR
        Grades; anything above 0 is relevant.
    targets : Targets
        With natural counts.
    tail : (C,) bool array
        Targets of the tail.
    """

    ranking: Ranking
    relevant: sp.csr_matrix
    targets: Targets
    tail: BoolArray

    def gains(self, k: int, members: BoolArray) -> FloatArray:
        """Grade of every listed target that belongs to a slice; (u, k)."""
        ids = self.ranking.ids[:, :k]
        rows = np.repeat(np.arange(len(ids)), ids.shape[1])
        safe = np.maximum(ids, 0).ravel()
        grades = np.asarray(self.relevant[rows, safe]).reshape(ids.shape)
        return np.where((ids >= 0) & members[np.maximum(ids, 0)], grades, 0.0)

    def within(self, members: BoolArray) -> sp.csr_matrix:
        """Relevance restricted to a slice of the targets; (u, C)."""
        kept = self.relevant.multiply(members[None, :]).tocsr()
        kept.eliminate_zeros()
        return kept


@dataclass(frozen=True, kw_only=True)
class ListMetric(Metric):
    """A metric of the first k of every list.

    Parameters
    ----------
    k : int, default 20
    """

    abstract: ClassVar[bool] = True
    reads: ClassVar[Reads] = "ranking"
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "source"
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})
    stem: ClassVar[str] = ""

    k: int = 20

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"{type(self).__name__}'s k must be at least 1, got {self.k}")

    @property
    def id(self) -> str:
        return f"{self.stem}@{self.k}"

    def per_source(self, lists: Lists, members: BoolArray) -> FloatArray:
        """Value of each list, NaN for sources that are left out; (u,)."""
        raise NotImplementedError

    def whole(self, lists: Lists) -> float | None:
        """The value where it belongs to the catalogue, not to lists."""
        return None


@dataclass(frozen=True, kw_only=True)
class Recall(ListMetric):
    """Share of a source's relevant targets that its list holds.

    Examples
    --------
    >>> Recall(k=10).id
    'recall@10'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "recall"
    definition: ClassVar[str] = "hits / relevant, mean over sources with something relevant"

    def per_source(self, lists: Lists, members: BoolArray) -> FloatArray:
        hits = (lists.gains(self.k, members) > 0).sum(axis=1)
        count = np.diff(lists.within(members).indptr)
        return np.asarray(np.divide(hits, count, out=np.full(len(count), np.nan), where=count > 0))


@dataclass(frozen=True, kw_only=True)
class HitRate(ListMetric):
    """Share of sources whose list holds anything relevant.

    Examples
    --------
    >>> HitRate().id
    'hit_rate@20'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "hit_rate"
    definition: ClassVar[str] = "share of sources with a hit, among those with something relevant"

    def per_source(self, lists: Lists, members: BoolArray) -> FloatArray:
        hit = (lists.gains(self.k, members) > 0).any(axis=1)
        return np.where(np.diff(lists.within(members).indptr) > 0, hit, np.nan)


@dataclass(frozen=True, kw_only=True)
class Ndcg(ListMetric):
    """Discounted gain of a list over that of the best one; the gain is the grade itself.

    References
    ----------
    .. [1] Järvelin and Kekäläinen, Cumulated Gain-based Evaluation, TOIS 20, 2002.

    Examples
    --------
    >>> Ndcg(k=5).id
    'ndcg@5'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "ndcg"
    definition: ClassVar[str] = "sum of grade / log2(rank + 1) over that of the ideal list"

    def per_source(self, lists: Lists, members: BoolArray) -> FloatArray:
        gains = lists.gains(self.k, members)
        discount = 1 / np.log2(np.arange(2, self.k + 2))
        found = gains @ discount[: gains.shape[1]]
        held = lists.within(members)
        source = np.repeat(np.arange(held.shape[0]), np.diff(held.indptr))
        order = np.lexsort((-held.data, source))
        place = np.arange(len(order)) - held.indptr[source[order]]
        kept = place < self.k
        worth = held.data[order][kept] * discount[place[kept]]
        ideal = np.bincount(source[order][kept], worth, held.shape[0])
        return np.asarray(np.divide(found, ideal, out=np.full(len(found), np.nan), where=ideal > 0))


@dataclass(frozen=True, kw_only=True)
class _Exposure(ListMetric):
    abstract: ClassVar[bool] = True
    sliced: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class Arp(_Exposure):
    """Mean training count of the listed targets: how popular recommendations are.

    Examples
    --------
    >>> Arp().greater_is_better
    False
    """

    abstract: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, np.inf)
    stem: ClassVar[str] = "arp"
    definition: ClassVar[str] = "mean over sources of the mean train count of listed targets"

    def per_source(self, lists: Lists, members: BoolArray) -> FloatArray:
        return _mean_listed(lists, self.k, lists.targets.natural)


@dataclass(frozen=True, kw_only=True)
class Aplt(_Exposure):
    """Mean share of tail targets in lists.

    Examples
    --------
    >>> Aplt().id
    'aplt@20'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "aplt"
    definition: ClassVar[str] = "mean over sources of the share of tail targets listed"

    def per_source(self, lists: Lists, members: BoolArray) -> FloatArray:
        return _mean_listed(lists, self.k, lists.tail.astype(float))


def _mean_listed(lists: Lists, k: int, worth: FloatArray) -> FloatArray:
    ids = lists.ranking.ids[:, :k]
    listed = ids >= 0
    count = listed.sum(axis=1)
    total = np.where(listed, worth[np.maximum(ids, 0)], 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0))


def _times_listed(lists: Lists, k: int) -> FloatArray:
    ids = lists.ranking.ids[:, :k]
    return np.bincount(ids[ids >= 0], minlength=len(lists.targets)).astype(float)


@dataclass(frozen=True, kw_only=True)
class Coverage(_Exposure):
    """Share of the catalogue that appears in some list; no interval from influences.

    Examples
    --------
    >>> Coverage().unit
    'catalogue'
    """

    abstract: ClassVar[bool] = False
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "catalogue"
    stem: ClassVar[str] = "coverage"
    definition: ClassVar[str] = "listed targets / all targets"

    def whole(self, lists: Lists) -> float:
        return float((_times_listed(lists, self.k) > 0).mean())


@dataclass(frozen=True, kw_only=True)
class Gini(_Exposure):
    """Inequality of how often targets are listed, unlisted ones included; 1 is all on one.

    Examples
    --------
    >>> Gini().greater_is_better
    False
    """

    abstract: ClassVar[bool] = False
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "catalogue"
    greater_is_better: ClassVar[bool] = False
    stem: ClassVar[str] = "gini"
    definition: ClassVar[str] = "sum of (2i - n - 1) x_(i) / ((n - 1) sum x), x ascending"

    def whole(self, lists: Lists) -> float:
        x = np.sort(_times_listed(lists, self.k))
        n = len(x)
        if n < 2 or x.sum() == 0:
            return float("nan")
        return float(((2 * np.arange(1, n + 1) - n - 1) * x).sum() / ((n - 1) * x.sum()))
