"""Metrics of decisions that depend on three counts per class: true, decided, and both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.metrics.base import Estimate, Metric
from longshelf.metrics.reading import Reading, Strata
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["Gradient", "MarginMetric", "Margins", "mean_over", "ratio"]


@dataclass(frozen=True)
class Margins:
    """Weighted counts per stratum and class.

    Parameters
    ----------
    true, said, hit : (G, 1, C) float arrays
        Rows of the class, rows decided as the class, rows that are both.
    classes : (G, S, C) bool array
        Classes of each slice with support in the stratum.
    members : (1, S, C) bool array
        Classes of each slice.
    """

    true: FloatArray
    said: FloatArray
    hit: FloatArray
    classes: BoolArray
    members: BoolArray

    @classmethod
    def of(cls, reading: Reading, source: str, strata: Strata, members: BoolArray) -> Margins:
        """Count one decision."""
        decided = np.asarray(reading.scored.decisions[source])
        groups, size = len(strata), len(reading.targets)
        weight = np.where(strata.inside, reading.weight, 0.0)
        if reading.multilabel:
            rows = (strata.at, np.arange(reading.n))
            law = sp.csr_matrix((weight, rows), shape=(groups, reading.n))
            said_at = decided > 0
            parts = (reading.hot, said_at, reading.hot & said_at)
            counts = [np.asarray(law @ part.astype(float)) for part in parts]
        else:
            truth, base = reading.truth, strata.at * size

            def count(at: IntArray, w: FloatArray) -> FloatArray:
                sums = np.bincount(base + at, w, groups * size)

                return np.asarray(sums, dtype=float).reshape(groups, size)

            hit = weight * (truth == decided)
            counts = [count(truth, weight), count(decided, weight), count(truth, hit)]
        true, said, hits = (part[:, None, :] for part in counts)
        slices = members[None]
        return cls(true, said, hits, slices & (true > 0), slices)

    @property
    def total(self) -> FloatArray:
        """Rows of each stratum, single-label; (G, 1, 1)."""
        return np.asarray(self.true.sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class Gradient:
    """A value and its derivative by each count.

    Parameters
    ----------
    value : (G, S) float array
    true, said, hit : arrays broadcastable to (G, S, C)
    """

    value: FloatArray
    true: FloatArray
    said: FloatArray
    hit: FloatArray

    def spread(self, reading: Reading, source: str, strata: Strata) -> FloatArray:
        """The influence of each row; (S, n)."""
        shape = (*self.value.shape, len(reading.targets))
        parts = [np.nan_to_num(np.broadcast_to(p, shape)) for p in (self.true, self.said, self.hit)]
        decided = np.asarray(reading.scored.decisions[source])
        if reading.multilabel:
            rows = _spread_labels(reading, decided > 0, strata, parts)
        else:
            flat = [np.ascontiguousarray(p.transpose(1, 0, 2)).reshape(shape[1], -1) for p in parts]
            at = strata.at * shape[2] + reading.truth
            said = strata.at * shape[2] + decided
            hit = (reading.truth == decided).astype(float)
            rows = (flat[0][:, at] + flat[2][:, at] * hit) + flat[1][:, said]
        return np.where(strata.inside, rows * reading.size(strata)[strata.at], 0.0)


def _spread_labels(
    reading: Reading, said: BoolArray, strata: Strata, parts: list[FloatArray]
) -> FloatArray:
    out = np.zeros((parts[0].shape[1], reading.n))
    hot = reading.hot
    for g, index in enumerate(strata.index):
        true, decided = hot[index].astype(float), said[index].astype(float)
        out[:, index] = (
            parts[0][g] @ true.T + parts[1][g] @ decided.T + parts[2][g] @ (true * decided).T
        )
    return out


def ratio(top: FloatArray, bottom: FloatArray) -> FloatArray:
    """``top / bottom``, 0 where both are 0."""
    return np.divide(top, bottom, out=np.zeros(np.broadcast(top, bottom).shape), where=bottom > 0)


def mean_over(
    classes: BoolArray, value: FloatArray, true: FloatArray, said: FloatArray, hit: FloatArray
) -> Gradient:
    """The mean of a per-class value over the classes of each slice, with its derivatives."""
    count = classes.sum(axis=-1, keepdims=True)
    share = np.divide(classes, count, out=np.full(classes.shape, np.nan), where=count > 0)
    return Gradient((share * value).sum(axis=-1), share * true, share * said, share * hit)


@dataclass(frozen=True, kw_only=True)
class MarginMetric(Metric):
    """A smooth function of the three counts; its influence is the gradient, read row by row."""

    abstract: ClassVar[bool] = True

    def gradient(self, margins: Margins) -> Gradient:
        """Value and derivatives."""
        raise NotImplementedError

    def measure(
        self, reading: Reading, source: str, strata: Strata, members: BoolArray
    ) -> Estimate:
        gradient = self.gradient(Margins.of(reading, source, strata, members))
        return Estimate(gradient.value, gradient.spread(reading, source, strata))
