"""Accuracy, and averages in which frequent classes count more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.metrics.margins import Gradient, MarginMetric, Margins, ratio
from longshelf.metrics.reading import Reading
from longshelf.metrics.rows import RowMetric
from longshelf.tables import BoolArray, FloatArray

__all__ = [
    "Accuracy",
    "ExpectedCost",
    "MicroF1",
    "MicroPrecision",
    "MicroRecall",
    "WeightedF1",
    "WeightedPrecision",
    "WeightedRecall",
]


@dataclass(frozen=True, kw_only=True)
class Accuracy(RowMetric):
    """Share of rows decided right; where rows have several labels, all of them right.

    Examples
    --------
    >>> Accuracy().id
    'accuracy'
    """

    abstract: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel"})
    definition: ClassVar[str] = "share of rows decided right; a slice holds the rows of its targets"

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        decided = np.asarray(reading.scored.decisions[source])
        if reading.multilabel:
            right = (reading.hot == (decided > 0)).all(axis=1).astype(float)
            whole = np.asarray(members.all(axis=1), dtype=float)
            bottom = np.outer(whole, np.ones(reading.n))
        else:
            right = (decided == reading.truth).astype(float)
            bottom = reading.held(members).astype(float)
        return bottom * right, bottom


@dataclass(frozen=True, kw_only=True)
class ExpectedCost(RowMetric):
    """Mean cost of the decisions under a matrix ``W[true, decided]``.

    Examples
    --------
    >>> ExpectedCost().greater_is_better
    False
    """

    abstract: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (-np.inf, np.inf)
    definition: ClassVar[str] = "mean of costs[true, decided]"

    def applies(self, reading: Reading) -> bool:
        return super().applies(reading) and reading.costs is not None

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        if reading.costs is None:
            raise InputError("expected_cost needs costs: a (C, C) matrix of true by decided")
        bottom = reading.held(members).astype(float)
        decided = np.asarray(reading.scored.decisions[source])
        return bottom * reading.costs[reading.truth, decided], bottom


@dataclass(frozen=True, kw_only=True)
class _Micro(MarginMetric):
    """A ratio of counts pooled over all classes; it has no slices by target."""

    abstract: ClassVar[bool] = True
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel"})
    sliced: ClassVar[bool] = False
    by: ClassVar[tuple[float, float]] = (1.0, 0.0)

    def gradient(self, margins: Margins) -> Gradient:
        m, (of_true, of_said) = margins, self.by
        below = (of_true * m.true + of_said * m.said).sum(axis=-1)
        above = m.hit.sum(axis=-1)
        some = m.true.sum(axis=-1) > 0
        value = np.where(some, ratio(above, below), np.nan)
        one = ratio(np.ones_like(below), below)[..., None]
        slope = -np.nan_to_num(value)[..., None] * one
        return Gradient(value, of_true * slope, of_said * slope, one)


@dataclass(frozen=True, kw_only=True)
class MicroPrecision(_Micro):
    """Share of all decisions that are right.

    Examples
    --------
    >>> MicroPrecision().id
    'micro_precision'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "all hits / all decisions"
    by: ClassVar[tuple[float, float]] = (0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class MicroRecall(_Micro):
    """Share of all labels that are found.

    Examples
    --------
    >>> MicroRecall().id
    'micro_recall'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "all hits / all labels"


@dataclass(frozen=True, kw_only=True)
class MicroF1(_Micro):
    """Harmonic mean of micro precision and micro recall.

    Examples
    --------
    >>> MicroF1().id
    'micro_f1'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "2 all hits / (all labels + all decisions)"
    by: ClassVar[tuple[float, float]] = (0.5, 0.5)


def _weighted(
    m: Margins, value: FloatArray, true: FloatArray, said: FloatArray, hit: FloatArray
) -> Gradient:
    weight = np.where(m.classes, m.true, 0.0)
    total = weight.sum(axis=-1, keepdims=True)
    share = np.divide(weight, total, out=np.full(weight.shape, np.nan), where=total > 0)
    mean = (share * value).sum(axis=-1)
    own = np.where(m.classes, ratio(value - np.nan_to_num(mean)[..., None], total), 0.0)
    return Gradient(mean, share * true + own, share * said, share * hit)


@dataclass(frozen=True, kw_only=True)
class _Weighted(MarginMetric):
    abstract: ClassVar[bool] = True
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel"})


@dataclass(frozen=True, kw_only=True)
class WeightedPrecision(_Weighted):
    """Precision of each class, weighted by its rows.

    Examples
    --------
    >>> WeightedPrecision().id
    'weighted_precision'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "mean of precision over classes, weighted by their rows"

    def gradient(self, margins: Margins) -> Gradient:
        m = margins
        value, one = ratio(m.hit, m.said), ratio(np.ones_like(m.said), m.said)
        return _weighted(m, value, np.zeros_like(one), -value * one, one)


@dataclass(frozen=True, kw_only=True)
class WeightedRecall(_Weighted):
    """Recall of each class, weighted by its rows: accuracy where a row has one label.

    Examples
    --------
    >>> WeightedRecall().id
    'weighted_recall'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "mean of recall over classes, weighted by their rows"

    def gradient(self, margins: Margins) -> Gradient:
        m = margins
        value, one = ratio(m.hit, m.true), ratio(np.ones_like(m.true), m.true)
        return _weighted(m, value, -value * one, np.zeros_like(one), one)


@dataclass(frozen=True, kw_only=True)
class WeightedF1(_Weighted):
    """F1 of each class, weighted by its rows.

    Examples
    --------
    >>> WeightedF1().id
    'weighted_f1'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "mean of F1 over classes, weighted by their rows"

    def gradient(self, margins: Margins) -> Gradient:
        m = margins
        both = m.true + m.said
        value, one = ratio(2 * m.hit, both), ratio(np.ones_like(both), both)
        return _weighted(m, value, -value * one, -value * one, 2 * one)
