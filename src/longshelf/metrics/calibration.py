"""How far stated probabilities lie from observed shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.metrics.base import Estimate, Metric, Reads
from longshelf.metrics.measured import RELIABILITY
from longshelf.metrics.reading import Reading, Strata
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["ClasswiseEce", "Ece", "bins_of", "reliability"]

FEWEST = 100
"""Below this many rows a calibration error is mostly noise and is left out."""


def bins_of(confidence: FloatArray) -> IntArray:
    """Equal-mass bins, ``min(15, n / 50)`` of them; equal confidences share a bin; (n,).

    Examples
    --------
    >>> np.bincount(bins_of(np.linspace(0, 1, 200))).tolist()
    [50, 50, 50, 50]
    """
    n = len(confidence)
    count = max(1, min(15, n // 50))
    cuts = np.arange(1, count) * n // count
    stated = confidence.astype(np.float32)
    return np.searchsorted(np.sort(stated)[cuts], stated, side="right")


def _error(confidence: FloatArray, hit: FloatArray, weight: FloatArray) -> tuple[float, FloatArray]:
    """Calibration error and its influence with the bins held fixed; (n,)."""
    bins = bins_of(confidence)
    off = hit - confidence
    sums = np.bincount(bins, weight * off)
    total = weight.sum()
    value = float(np.abs(sums).sum() / total)
    return value, (np.sign(sums)[bins] * off - value) * (len(weight) / total)


@dataclass(frozen=True, kw_only=True)
class Ece(Metric):
    """Expected calibration error of the top class, over equal-mass bins of its probability.

    A slice by target holds the rows *decided* in it: conditioning on the truth would mistake
    accuracy for calibration. Absent under 100 rows. Biased upward in small samples.

    Examples
    --------
    >>> Ece().id
    'ece'
    """

    abstract: ClassVar[bool] = False
    reads: ClassVar[Reads] = "probability"
    greater_is_better: ClassVar[bool] = False
    definition: ClassVar[str] = "mean over equal-mass bins of |accuracy - confidence|, top class"

    def measure(
        self, reading: Reading, source: str, strata: Strata, members: BoolArray
    ) -> Estimate:
        p, _ = reading.probability(source)
        top = p.argmax(axis=1)
        confidence, hit = p.max(axis=1), (top == reading.truth).astype(float)
        shape = (len(strata), len(members))
        value, support = np.full(shape, np.nan), np.zeros(shape)
        influence = np.zeros((shape[1], reading.n))
        for g, index in enumerate(strata.index):
            for s, held in enumerate(members):
                rows = index[held[top[index]]]
                support[g, s] = len(rows)
                if len(rows) >= FEWEST:
                    weight = reading.weight[rows]
                    value[g, s], own = _error(confidence[rows], hit[rows], weight)
                    influence[s, rows] = own * (len(index) / len(rows))
        return Estimate(value, influence, support)


@dataclass(frozen=True, kw_only=True)
class ClasswiseEce(Metric):
    """Calibration error of each class's probability on all rows, averaged over a slice's classes.

    Absent under 100 rows; not cut by group.

    Examples
    --------
    >>> ClasswiseEce().id
    'classwise_ece'
    """

    abstract: ClassVar[bool] = False
    reads: ClassVar[Reads] = "probability"
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel"})
    greater_is_better: ClassVar[bool] = False
    grouped: ClassVar[bool] = False
    definition: ClassVar[str] = "mean over classes of the calibration error of p[c] on all rows"

    def applies(self, reading: Reading) -> bool:
        return super().applies(reading) and reading.n >= FEWEST

    def measure(
        self, reading: Reading, source: str, strata: Strata, members: BoolArray
    ) -> Estimate:
        p = np.ascontiguousarray(reading.probability(source)[0].T)
        hot = reading.hot.T
        share = members / np.maximum(members.sum(axis=1, keepdims=True), 1)
        value = np.zeros(len(members))
        influence = np.zeros((len(members), reading.n))
        for c in range(len(p)):
            error, own = _error(p[c], hot[c].astype(float), reading.weight)
            value += share[:, c] * error
            for s in np.flatnonzero(share[:, c]):
                influence[s] += share[s, c] * own
        return Estimate(value[None], influence)


def reliability(reading: Reading) -> pl.DataFrame:
    """Confidence against accuracy in the bins of :class:`Ece`, before and after correction.

    Rows with several labels pool the probabilities of all labels.
    """
    if reading.targets.kind not in ("class", "multilabel") or reading.n == 0:
        return pl.DataFrame(schema=RELIABILITY)
    lines = []
    for stage in ("raw", "corrected"):
        p, _ = reading.probability(stage)
        if reading.multilabel:
            confidence, hit = p.ravel(), reading.hot.ravel()
        else:
            confidence, hit = p.max(axis=1), p.argmax(axis=1) == reading.truth
        bins = bins_of(confidence)
        count = np.bincount(bins)
        said, true = np.bincount(bins, confidence), np.bincount(bins, hit)
        lines += [
            (stage, int(b), said[b] / count[b], true[b] / count[b], int(count[b]))
            for b in np.flatnonzero(count)
        ]
    return pl.DataFrame(lines, schema=RELIABILITY, orient="row")
