"""Metrics of the order in which scores put rows: ROC and precision-recall curves.

Scores are sorted once per class; every group is a stable partition of that order. Only the rows of
the class move a curve, so the work is a few passes over the rows per class.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.metrics.base import Estimate, Metric, Reads
from longshelf.metrics.margins import ratio
from longshelf.metrics.reading import Reading, Strata
from longshelf.metrics.rows import RowMetric, everyone
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["Auprc", "Auroc", "Curves", "Prevalence", "RecallAtPrecision"]


@dataclass(frozen=True)
class _Curve:
    """The positives of one class among rows sorted by rising score.

    Parameters
    ----------
    at : (P,) int array
        Positions of the positives.
    left, right : (P,) int arrays
        Where the run of equal scores around each positive begins and ends.
    mass : (n + 1,) float array
        Weight of the rows before each position.
    weight : (P,) float array
        Weight of each positive.
    """

    at: IntArray
    left: IntArray
    right: IntArray
    mass: FloatArray
    weight: FloatArray

    @classmethod
    def of(cls, scores: FloatArray, at: IntArray, weight: FloatArray | None) -> _Curve:
        own = scores[at]
        left, right = np.searchsorted(scores, own, "left"), np.searchsorted(scores, own, "right")
        if weight is None:
            return cls(at, left, right, np.arange(len(scores) + 1.0), np.ones(len(at)))
        return cls(at, left, right, np.concatenate([[0.0], np.cumsum(weight)]), weight[at])

    @cached_property
    def counts(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Positives and rows at or above each positive; positives below and level with it."""
        held = np.concatenate([[0.0], np.cumsum(self.weight)])
        below = held[np.searchsorted(self.at, self.left)]
        level = held[np.searchsorted(self.at, self.right)] - below
        return held[-1] - below, self.mass[-1] - self.mass[self.left], below, level

    def auroc(self) -> tuple[float, FloatArray]:
        """Area under the ROC curve and its influence by placements; (n,) in sorted order."""
        _, _, below, level = self.counts
        positives, n = self.weight.sum(), len(self.mass) - 1
        negatives = self.mass[-1] - positives
        under = self.mass[self.left] - below
        ties = self.mass[self.right] - self.mass[self.left] - level
        placed = (under + ties / 2) / negatives
        area = float(self.weight @ placed / positives)
        above = positives - np.cumsum(
            np.bincount(self.left, self.weight / 2, n + 1)[:n]
            + np.bincount(self.right, self.weight / 2, n + 1)[:n]
        )
        influence = (above / positives - area) / negatives
        influence[self.at] = (placed - area) / positives
        return area, influence * self.mass[-1]

    def auprc(self) -> tuple[float, FloatArray]:
        """Average precision and its influence; (n,) in sorted order.

        With T and N the positives and rows at or above a positive, the value is the mean of T / N;
        a row at position x moves the terms of every positive whose run begins at or before x.
        """
        above, rows, _, _ = self.counts
        positives, n = self.weight.sum(), len(self.mass) - 1
        precision = ratio(above, rows)
        value = float(self.weight @ precision / positives)
        fall = np.bincount(self.left, ratio(self.weight * precision, rows), n)[:n]
        influence = -np.cumsum(fall)
        rise = np.concatenate([[0.0], np.cumsum(ratio(self.weight, rows))])
        reached = rise[np.searchsorted(self.left, self.at, "right")]
        influence[self.at] += precision - value + reached
        return value, influence * (self.mass[-1] / positives)

    def recall_at(self, precision: float) -> float:
        """Largest recall of a threshold whose precision is at least this."""
        above, rows, _, _ = self.counts
        good = above >= precision * rows * (1 - 1e-12)
        return float((above[good] / self.weight.sum()).max(initial=0.0))


@dataclass(frozen=True)
class Curves:
    """All curve values of one partition, and their influences.

    Parameters
    ----------
    auroc, auprc : (G, C) float arrays, NaN without a positive and a negative
    by_auroc, by_auprc : (C, n) float32 arrays
        Influence of each row on its stratum's value.
    found : mapping of (stratum, class) to the curve
    """

    auroc: FloatArray
    auprc: FloatArray
    by_auroc: FloatArray
    by_auprc: FloatArray
    found: dict[tuple[int, int], _Curve]

    @classmethod
    def of(cls, reading: Reading, strata: Strata) -> Curves:
        """Compute once per partition."""
        key = ("curves", strata.axis)
        if key not in reading.shared:
            reading.shared[key] = cls._made(reading, strata)
        made: Curves = reading.shared[key]
        return made

    @classmethod
    def _made(cls, reading: Reading, strata: Strata) -> Curves:
        classes, n, groups = len(reading.targets), reading.n, len(strata)
        auroc, auprc = np.full((groups, classes), np.nan), np.full((groups, classes), np.nan)
        by_auroc = np.zeros((classes, n), dtype=np.float32)
        by_auprc = np.zeros((classes, n), dtype=np.float32)
        code = (strata.code + 1).astype(np.int16)
        ends = np.cumsum(np.bincount(code, minlength=groups + 1))
        found: dict[tuple[int, int], _Curve] = {}
        plain = groups == 1 and bool(strata.inside.all())
        hot = reading.hot.T
        for c in np.flatnonzero(reading.hot.any(axis=0)):
            order = reading.order[c]
            if not plain:
                order = order[np.argsort(code[order], kind="stable")]
            scores, own = reading.log_score[c, order], hot[c, order]
            weight = None if reading.weights is None else reading.weight[order]
            for g in range(groups):
                part = slice(int(ends[g]), int(ends[g + 1]))
                at = np.flatnonzero(own[part])
                if len(at) == 0 or len(at) == part.stop - part.start:
                    continue
                curve = _Curve.of(scores[part], at, None if weight is None else weight[part])
                auroc[g, c], rows = curve.auroc()
                by_auroc[c, order[part]] = rows
                auprc[g, c], rows = curve.auprc()
                by_auprc[c, order[part]] = rows
                found[g, int(c)] = curve
        return cls(auroc, auprc, by_auroc, by_auprc, found)


def _average(
    reading: Reading,
    strata: Strata,
    members: BoolArray,
    per_class: FloatArray,
    by_row: FloatArray | None,
) -> Estimate:
    """Mean over a slice's classes that have a value; two classes as a whole are one problem."""
    held = np.broadcast_to(members[None], (len(strata), *members.shape)).copy()
    if len(reading.targets) == 2 and not reading.multilabel:
        held[:, members.all(axis=1)] = np.arange(2) == reading.positive
    held &= np.isfinite(per_class)[:, None, :]
    count = held.sum(axis=-1, keepdims=True)
    share = np.divide(held, count, out=np.zeros(held.shape), where=count > 0)
    value = (share * np.nan_to_num(per_class)[:, None, :]).sum(axis=-1)
    value = np.where(count[..., 0] > 0, value, np.nan)
    if by_row is None:
        return Estimate(value)
    if len(strata) == 1:
        rows = share[0].astype(np.float32) @ by_row
    else:
        rows = np.zeros((len(members), reading.n))
        for g, index in enumerate(strata.index):
            used = np.flatnonzero(held[g].any(axis=0))
            rows[:, index] = share[g][:, used] @ by_row[np.ix_(used, index)]
    return Estimate(value, np.where(strata.inside, rows, 0.0).astype(float))


@dataclass(frozen=True, kw_only=True)
class _CurveMetric(Metric):
    abstract: ClassVar[bool] = True
    reads: ClassVar[Reads] = "score"
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel"})


@dataclass(frozen=True, kw_only=True)
class Auroc(_CurveMetric):
    """Chance that a row of the class outscores one that is not; one-vs-rest mean over classes.

    Several classes are compared across rows by log-probability of the scores. Two classes are one
    problem, whose positive is the rarer.

    References
    ----------
    .. [1] DeLong et al., Comparing the Areas under Correlated ROC Curves, Biometrics 44, 1988.

    Examples
    --------
    >>> Auroc().reads
    'score'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "area under the ROC curve, one-vs-rest macro, ties count half"

    def measure(
        self, reading: Reading, source: str, strata: Strata, members: BoolArray
    ) -> Estimate:
        curves = Curves.of(reading, strata)
        return _average(reading, strata, members, curves.auroc, curves.by_auroc)


@dataclass(frozen=True, kw_only=True)
class Auprc(_CurveMetric):
    """Average precision; one-vs-rest mean over classes. Read it beside ``prevalence``.

    Examples
    --------
    >>> Auprc().id
    'auprc'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "average precision (no interpolation), one-vs-rest macro"

    def measure(
        self, reading: Reading, source: str, strata: Strata, members: BoolArray
    ) -> Estimate:
        curves = Curves.of(reading, strata)
        return _average(reading, strata, members, curves.auprc, curves.by_auprc)


@dataclass(frozen=True, kw_only=True)
class RecallAtPrecision(_CurveMetric):
    """Largest recall among thresholds with at least this precision; no interval.

    Parameters
    ----------
    precision : float in (0, 1], default 0.9

    Examples
    --------
    >>> RecallAtPrecision(precision=0.8).id
    'recall@precision=0.8'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "largest recall with at least the stated precision, macro"

    precision: float = 0.9

    def __post_init__(self) -> None:
        if not 0 < self.precision <= 1:
            raise InputError(
                f"RecallAtPrecision's precision must lie in (0, 1], got {self.precision}"
            )

    @property
    def id(self) -> str:
        return f"recall@precision={self.precision}"

    def measure(
        self, reading: Reading, source: str, strata: Strata, members: BoolArray
    ) -> Estimate:
        curves = Curves.of(reading, strata)
        value = np.full(curves.auroc.shape, np.nan)
        for (g, c), curve in curves.found.items():
            value[g, c] = curve.recall_at(self.precision)
        return _average(reading, strata, members, value, None)


@dataclass(frozen=True, kw_only=True)
class Prevalence(RowMetric):
    """Share of positive rows: what a constant score gets as AUPRC; mean over supported classes.

    Examples
    --------
    >>> Prevalence().definition
    'mean over supported classes of their share of the rows'
    """

    abstract: ClassVar[bool] = False
    reads: ClassVar[Reads] = "score"
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel"})
    definition: ClassVar[str] = "mean over supported classes of their share of the rows"

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        held = members & reading.hot.any(axis=0)
        if len(reading.targets) == 2 and not reading.multilabel:
            held[members.all(axis=1)] = np.arange(2) == reading.positive
        share = held / np.maximum(held.sum(axis=1, keepdims=True), 1)
        return share @ reading.hot.T.astype(float), everyone(reading, members)
