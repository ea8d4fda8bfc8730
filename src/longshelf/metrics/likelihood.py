"""Proper scores of probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.metrics.base import Reads
from longshelf.metrics.reading import Reading
from longshelf.metrics.rows import RowMetric, everyone
from longshelf.tables import BoolArray, FloatArray

__all__ = ["Brier", "LogLoss", "NetBenefit", "OvrBrier", "OvrLogLoss"]


@dataclass(frozen=True, kw_only=True)
class LogLoss(RowMetric):
    """Mean of minus the log-probability of the true class, clipped as scikit-learn does.

    Examples
    --------
    >>> LogLoss().reads
    'probability'
    """

    abstract: ClassVar[bool] = False
    reads: ClassVar[Reads] = "probability"
    greater_is_better: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, np.inf)
    sliced: ClassVar[bool] = False
    definition: ClassVar[str] = "mean of -log p[true]"

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        p, least = reading.probability(source)
        own = np.clip(p[np.arange(reading.n), reading.truth], least, 1 - least)
        return -np.log(own) * everyone(reading, members), everyone(reading, members)


@dataclass(frozen=True, kw_only=True)
class Brier(RowMetric):
    """Mean squared distance between probabilities and truth; halved for two classes.

    Examples
    --------
    >>> Brier().id
    'brier'
    """

    abstract: ClassVar[bool] = False
    reads: ClassVar[Reads] = "probability"
    greater_is_better: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, 2.0)
    sliced: ClassVar[bool] = False
    definition: ClassVar[str] = "mean over rows of sum over classes of (p - true)^2; half for two"

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        p, _ = reading.probability(source)
        own = p[np.arange(reading.n), reading.truth]
        each = np.einsum("nc,nc->n", p, p) - own**2 + (1 - own) ** 2
        if p.shape[1] == 2:
            each = each / 2
        return each * everyone(reading, members), everyone(reading, members)


@dataclass(frozen=True, kw_only=True)
class _OneVsRest(RowMetric):
    """A binary score of each class against the rest on all rows, averaged over a slice's classes.

    Conditioning a probability score on the outcome would reward overconfidence in that outcome, so
    slices by target take classes, never rows.
    """

    abstract: ClassVar[bool] = True
    reads: ClassVar[Reads] = "probability"
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel"})
    greater_is_better: ClassVar[bool] = False

    def each(self, p: FloatArray, hot: BoolArray, least: float) -> FloatArray:
        """The score of every row and class; (n, C)."""
        raise NotImplementedError

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        key = (self.id, source)
        if key not in reading.shared:
            p, least = reading.probability(source)
            reading.shared[key] = self.each(p, reading.hot, least)
        each: FloatArray = reading.shared[key]
        share = members / np.maximum(members.sum(axis=1, keepdims=True), 1)
        return np.asarray(share @ each.T), everyone(reading, members)


@dataclass(frozen=True, kw_only=True)
class OvrLogLoss(_OneVsRest):
    """Binary log-loss of each class against the rest, averaged over classes.

    Examples
    --------
    >>> OvrLogLoss().id
    'ovr_log_loss'
    """

    abstract: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, np.inf)
    definition: ClassVar[str] = "mean over classes of the log-loss of p[c] against true = c"

    def each(self, p: FloatArray, hot: BoolArray, least: float) -> FloatArray:
        right = np.where(hot, p, 1 - p)
        return np.asarray(-np.log(np.clip(right, least, 1 - least)))


@dataclass(frozen=True, kw_only=True)
class OvrBrier(_OneVsRest):
    """Squared error of each class's probability, averaged over classes.

    Examples
    --------
    >>> OvrBrier().id
    'ovr_brier'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "mean over classes of (p[c] - [true = c])^2"

    def each(self, p: FloatArray, hot: BoolArray, least: float) -> FloatArray:
        return np.asarray((p - hot) ** 2)


@dataclass(frozen=True, kw_only=True)
class NetBenefit(RowMetric):
    """What acting above a probability gains per row, a false alarm priced at the threshold's odds.

    Parameters
    ----------
    threshold : float in (0, 1) or None, default None
        Act where the positive probability reaches it; None is the positive class's share of train.
        The positive class is the rarer one.

    References
    ----------
    .. [1] Vickers and Elkin, Decision Curve Analysis, Medical Decision Making 26, 2006.

    Examples
    --------
    >>> NetBenefit(threshold=0.2).id
    'net_benefit(threshold=0.2)'
    """

    abstract: ClassVar[bool] = False
    reads: ClassVar[Reads] = "probability"
    sliced: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (-np.inf, 1.0)
    definition: ClassVar[str] = "share of true alarms - odds(threshold) * share of false alarms"

    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.threshold is not None and not 0 < self.threshold < 1:
            raise InputError(f"NetBenefit's threshold must lie in (0, 1), got {self.threshold}")

    def applies(self, reading: Reading) -> bool:
        return super().applies(reading) and len(reading.targets) == 2

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        positive = reading.positive
        given = self.threshold
        at = float(reading.targets.prior[positive]) if given is None else given
        p, _ = reading.probability(source)
        gain = np.where(reading.truth == positive, 1.0, -at / (1 - at))
        each = np.where(p[:, positive] >= at, gain, 0.0)
        return each * everyone(reading, members), everyone(reading, members)
