"""Metrics of the k best-scored classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.metrics.base import Reads
from longshelf.metrics.reading import Reading
from longshelf.metrics.rows import RowMetric, everyone
from longshelf.tables import BoolArray, FloatArray

__all__ = ["Psp", "TopAccuracy", "propensity"]


def propensity(natural: FloatArray, a: float = 0.55, b: float = 1.5) -> FloatArray:
    """How likely a true label of each class is to be noted at all; (C,).

    Parameters
    ----------
    natural : (C,) float array
        Training rows per class.
    a, b : float
        The defaults of the paper.

    References
    ----------
    .. [1] Jain et al., Extreme Multi-label Loss Functions, KDD 2016, eq. 3.

    Examples
    --------
    >>> propensity(np.array([1000.0, 10.0])).round(2).tolist()
    [0.82, 0.28]
    """
    rows = max(float(np.sum(natural)), 1.0)
    factor = (np.log(rows) - 1) * (b + 1) ** a
    return np.asarray(1 / (1 + factor * np.exp(-a * np.log(np.maximum(natural, 0) + b))))


@dataclass(frozen=True, kw_only=True)
class _Top(RowMetric):
    abstract: ClassVar[bool] = True
    reads: ClassVar[Reads] = "score"

    k: int = 5

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"{type(self).__name__}'s k must be at least 1, got {self.k}")

    def applies(self, reading: Reading) -> bool:
        return super().applies(reading) and len(reading.targets) > max(self.k, 2)


@dataclass(frozen=True, kw_only=True)
class TopAccuracy(_Top):
    """Share of rows whose true class is among the k best; ties go to the later class.

    Parameters
    ----------
    k : int, default 5

    Examples
    --------
    >>> TopAccuracy(k=3).id
    'top_accuracy@3'
    """

    abstract: ClassVar[bool] = False
    definition: ClassVar[str] = "share of rows whose true class is among the k best-scored"

    @property
    def id(self) -> str:
        return f"top_accuracy@{self.k}"

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        bottom = reading.held(members).astype(float)
        return bottom * (reading.place < self.k), bottom


@dataclass(frozen=True, kw_only=True)
class Psp(_Top):
    """Precision among the k best, each hit counting one over its propensity.

    Divided by the best attainable sum, so 1 is perfect.

    Parameters
    ----------
    k : int, default 5

    References
    ----------
    .. [1] Jain et al., Extreme Multi-label Loss Functions, KDD 2016.

    Examples
    --------
    >>> Psp(k=1).id
    'psp@1'
    """

    abstract: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel"})
    sliced: ClassVar[bool] = False
    definition: ClassVar[str] = "propensity-weighted hits in the k best / best attainable"

    @property
    def id(self) -> str:
        return f"psp@{self.k}"

    def rows(
        self, reading: Reading, source: str, members: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        worth = 1 / propensity(reading.targets.natural)
        if reading.multilabel:
            scores = np.asarray(reading.scored.scores, dtype=float)
            listed = np.argsort(-scores, axis=1, kind="stable")[:, : self.k]
            gains = reading.hot * worth
            top = np.take_along_axis(gains, listed, axis=1).sum(axis=1)
            bottom = np.sort(gains, axis=1)[:, -self.k :].sum(axis=1)
        else:
            bottom = worth[reading.truth]
            top = bottom * (reading.place < self.k)
        return top * everyone(reading, members), bottom * everyone(reading, members)
