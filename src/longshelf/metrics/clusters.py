"""Metrics of a partition: does what was put together belong together?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np

from longshelf.metrics.base import Metric, Reads
from longshelf.quick import overlaps
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = [
    "BCubedF1",
    "BCubedPrecision",
    "BCubedRecall",
    "ClusterMetric",
    "Completeness",
    "Grouping",
    "Homogeneity",
    "PairF1",
    "PairPrecision",
    "PairRecall",
    "VMeasure",
]

Found = tuple[float, FloatArray | None]
"""A value, NaN where nothing can be measured, and the influence of every row on it."""


@dataclass(frozen=True)
class Grouping:
    """Clusters as decided beside the true ones.

    Parameters
    ----------
    said, true : (n,) int arrays
        Cluster of each row.
    """

    said: IntArray
    true: IntArray

    @cached_property
    def overlaps(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Rows that share both clusters of a row, its decided one, its true one; (n,) each."""
        both, of_said, of_true = overlaps(self.said, self.true)
        return both.astype(float), of_said.astype(float), of_true.astype(float)

    def ratio(self, top: FloatArray, bottom: FloatArray, members: BoolArray) -> Found:
        """Sum of ``top`` over sum of ``bottom`` of some rows, with influences."""
        total = float(bottom[members].sum())
        if total <= 0:
            return float("nan"), None
        value = float(top[members].sum()) / total
        moved = np.where(members, top - value * bottom, 0.0) * (len(top) / total)
        return value, moved


@dataclass(frozen=True, kw_only=True)
class ClusterMetric(Metric):
    """A metric of a partition, over all rows or over those of true clusters of some size."""

    abstract: ClassVar[bool] = True
    reads: ClassVar[Reads] = "decision"
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "row"
    kinds: ClassVar[frozenset[str]] = frozenset({"cluster"})

    def of(self, grouping: Grouping, members: BoolArray) -> Found:
        """The value over the rows of a mask (n,)."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class BCubedPrecision(ClusterMetric):
    """Of the rows put with a row, itself included, the share that belongs with it.

    References
    ----------
    .. [1] Amigó et al., A comparison of extrinsic clustering evaluation metrics based on formal
       constraints, Information Retrieval 12, 2009, section 4.

    Examples
    --------
    >>> BCubedPrecision().id
    'b_cubed_precision'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "mean over rows of |said ∩ true| / |said|"

    def of(self, grouping: Grouping, members: BoolArray) -> Found:
        both, of_said, _ = grouping.overlaps
        return grouping.ratio(both / of_said, np.ones_like(both), members)


@dataclass(frozen=True, kw_only=True)
class BCubedRecall(ClusterMetric):
    """Of the rows that belong with a row, itself included, the share put with it.

    Examples
    --------
    >>> BCubedRecall().id
    'b_cubed_recall'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "mean over rows of |said ∩ true| / |true|"

    def of(self, grouping: Grouping, members: BoolArray) -> Found:
        both, _, of_true = grouping.overlaps
        return grouping.ratio(both / of_true, np.ones_like(both), members)


@dataclass(frozen=True, kw_only=True)
class BCubedF1(ClusterMetric):
    """Harmonic mean of B-cubed precision and recall over the same rows.

    Examples
    --------
    >>> grouping = Grouping(np.array([0, 0, 1]), np.array([0, 0, 0]))
    >>> round(BCubedF1().of(grouping, np.ones(3, dtype=bool))[0], 3)
    0.714
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "2 P R / (P + R), P and R B-cubed means over the same rows"

    def of(self, grouping: Grouping, members: BoolArray) -> Found:
        p, moves_p = BCubedPrecision().of(grouping, members)
        r, moves_r = BCubedRecall().of(grouping, members)
        if moves_p is None or moves_r is None:
            return float("nan"), None
        moved = 2 * (r**2 * moves_p + p**2 * moves_r) / (p + r) ** 2
        return 2 * p * r / (p + r), moved


@dataclass(frozen=True, kw_only=True)
class PairPrecision(ClusterMetric):
    """Of the pairs put together, the share that belongs together; absent where none is put so.

    Examples
    --------
    >>> PairPrecision().id
    'pair_precision'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "pairs together in both / pairs put together, counted by row"

    def of(self, grouping: Grouping, members: BoolArray) -> Found:
        both, of_said, _ = grouping.overlaps
        return grouping.ratio(both - 1, of_said - 1, members)


@dataclass(frozen=True, kw_only=True)
class PairRecall(ClusterMetric):
    """Of the pairs that belong together, the share put together; absent for clusters of one.

    Examples
    --------
    >>> PairRecall().id
    'pair_recall'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "pairs together in both / pairs that belong so, counted by row"

    def of(self, grouping: Grouping, members: BoolArray) -> Found:
        both, _, of_true = grouping.overlaps
        return grouping.ratio(both - 1, of_true - 1, members)


@dataclass(frozen=True, kw_only=True)
class PairF1(ClusterMetric):
    """Harmonic mean of pair precision and recall over the same rows.

    Examples
    --------
    >>> PairF1().id
    'pair_f1'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "2 pairs in both / (pairs put together + pairs that belong so)"

    def of(self, grouping: Grouping, members: BoolArray) -> Found:
        both, of_said, of_true = grouping.overlaps
        return grouping.ratio(2 * (both - 1), of_said + of_true - 2, members)


@dataclass(frozen=True, kw_only=True)
class _Entropic(ClusterMetric):
    abstract: ClassVar[bool] = True

    @staticmethod
    def _parts(grouping: Grouping, members: BoolArray) -> tuple[float, float]:
        said, true = grouping.said[members], grouping.true[members]
        if len(said) == 0:
            return float("nan"), float("nan")
        both, of_said, of_true = overlaps(said, true)
        shared = float(np.mean(np.log(both * len(said) / (of_said * of_true))))
        of_classes = float(np.mean(np.log(len(said) / of_true)))
        of_clusters = float(np.mean(np.log(len(said) / of_said)))
        homogeneous = shared / of_classes if of_classes > 0 else 1.0
        complete = shared / of_clusters if of_clusters > 0 else 1.0
        return homogeneous, complete


@dataclass(frozen=True, kw_only=True)
class Homogeneity(_Entropic):
    """How much of what there is to know of true clusters the decided ones tell.

    Examples
    --------
    >>> Homogeneity().id
    'homogeneity'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "1 - H(true | said) / H(true), the rows of a slice by themselves"

    def of(self, grouping: Grouping, members: BoolArray) -> Found:
        return self._parts(grouping, members)[0], None


@dataclass(frozen=True, kw_only=True)
class Completeness(_Entropic):
    """How much of what there is to know of decided clusters the true ones tell.

    Examples
    --------
    >>> Completeness().id
    'completeness'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "1 - H(said | true) / H(said), the rows of a slice by themselves"

    def of(self, grouping: Grouping, members: BoolArray) -> Found:
        return self._parts(grouping, members)[1], None


@dataclass(frozen=True, kw_only=True)
class VMeasure(_Entropic):
    """Harmonic mean of homogeneity and completeness.

    References
    ----------
    .. [1] Rosenberg and Hirschberg, V-Measure, EMNLP 2007, section 2.

    Examples
    --------
    >>> VMeasure().id
    'v_measure'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "2 h c / (h + c), h homogeneity, c completeness"

    def of(self, grouping: Grouping, members: BoolArray) -> Found:
        h, c = self._parts(grouping, members)
        return (2 * h * c / (h + c) if h + c > 0 else 0.0 * (h + c)), None
