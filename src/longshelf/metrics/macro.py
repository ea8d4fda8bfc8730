"""Averages over classes: each class counts the same, however rare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from longshelf.metrics.margins import Gradient, MarginMetric, Margins, mean_over, ratio
from longshelf.tables import BoolArray

__all__ = ["BalancedAccuracy", "GeometricMean", "MacroF1", "MacroPrecision", "MacroRecall"]

LABELS = frozenset({"class", "multilabel"})


@dataclass(frozen=True, kw_only=True)
class _Macro(MarginMetric):
    """A mean over the classes that the part holds.

    Parameters
    ----------
    over : {"supported", "met"}, default "supported"
        ``supported``: classes with a true row, the same for every arm (scikit-learn with
        ``labels`` set to them). ``met``: also those that were only decided, which count 0
        (scikit-learn's default).
    """

    abstract: ClassVar[bool] = True
    kinds: ClassVar[frozenset[str]] = LABELS

    over: Literal["supported", "met"] = "supported"

    def _classes(self, m: Margins) -> BoolArray:
        return m.classes if self.over == "supported" else m.members & (m.true + m.said > 0)


@dataclass(frozen=True, kw_only=True)
class MacroPrecision(_Macro):
    """Mean over classes of the share of its decisions that are right; 0 where none was made.

    Examples
    --------
    >>> MacroPrecision().id, MacroPrecision(over="met").id
    ('macro_precision', "macro_precision(over='met')")
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "mean over supported classes of hits / decisions"

    def gradient(self, margins: Margins) -> Gradient:
        m = margins
        value, one = ratio(m.hit, m.said), ratio(np.ones_like(m.said), m.said)
        return mean_over(self._classes(m), value, np.zeros_like(one), -value * one, one)


@dataclass(frozen=True, kw_only=True)
class MacroRecall(_Macro):
    """Mean over classes of the share of its rows that are found.

    Examples
    --------
    >>> MacroRecall().id
    'macro_recall'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "mean over supported classes of hits / rows"

    def gradient(self, margins: Margins) -> Gradient:
        m = margins
        value, one = ratio(m.hit, m.true), ratio(np.ones_like(m.true), m.true)
        return mean_over(self._classes(m), value, -value * one, np.zeros_like(one), one)


@dataclass(frozen=True, kw_only=True)
class BalancedAccuracy(MacroRecall):
    """Macro recall over the classes with support, as scikit-learn names it.

    Examples
    --------
    >>> BalancedAccuracy().id
    'balanced_accuracy'
    """

    kinds: ClassVar[frozenset[str]] = frozenset({"class"})


@dataclass(frozen=True, kw_only=True)
class MacroF1(_Macro):
    """Mean over classes of the harmonic mean of precision and recall.

    Examples
    --------
    >>> MacroF1().id
    'macro_f1'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "mean over supported classes of 2 hits / (rows + decisions)"

    def gradient(self, margins: Margins) -> Gradient:
        m = margins
        both = m.true + m.said
        value, one = ratio(2 * m.hit, both), ratio(np.ones_like(both), both)
        return mean_over(self._classes(m), value, -value * one, -value * one, 2 * one)


@dataclass(frozen=True, kw_only=True)
class GeometricMean(MarginMetric):
    """Geometric mean of the recalls of the supported classes: 0 as soon as one is never found.

    Examples
    --------
    >>> GeometricMean().id
    'geometric_mean'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "geometric mean of recall over supported classes"

    def gradient(self, margins: Margins) -> Gradient:
        m = margins
        recall = ratio(m.hit, m.true)
        logs = np.log(recall, out=np.full(recall.shape, -np.inf), where=recall > 0)
        count = m.classes.sum(axis=-1)
        total = np.where(m.classes, logs, 0.0).sum(axis=-1)
        mean = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
        value = np.exp(mean)
        slope = np.where(m.classes, (value / np.maximum(count, 1))[..., None], 0.0)
        by_hit = slope * ratio(np.ones_like(m.hit), m.hit)
        by_true = -slope * ratio(np.ones_like(m.true), m.true)
        zero = (value == 0)[..., None]
        return Gradient(
            value, np.where(zero, 0, by_true), np.zeros_like(by_hit), np.where(zero, 0, by_hit)
        )
