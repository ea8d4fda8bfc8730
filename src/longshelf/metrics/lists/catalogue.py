"""How lists spread over the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.metrics.lists.base import CatalogueMetric, Tally
from longshelf.tables import FloatArray, IntArray

__all__ = ["Coverage", "ExposureGini", "Gini", "ShannonEntropy", "gini"]


def gini(x: FloatArray) -> float:
    """Gini coefficient of amounts, zeros included; 1 is all on one; NaN where nothing is shared.

    Examples
    --------
    >>> gini(np.array([0.0, 0, 4])), gini(np.ones(3))
    (1.0, 0.0)
    """
    n, whole = len(x), x.sum(dtype=float)
    if n < 2 or whole == 0:
        return float("nan")
    some = np.sort(x[x > 0])
    place = np.arange(n - len(some) + 1, n + 1)
    return float((2.0 * place - n - 1) @ some / ((n - 1) * whole))


def gini_of_counts(x: IntArray) -> float:
    """The same of whole numbers, without sorting them.

    Examples
    --------
    >>> x = np.array([5, 0, 2, 2])
    >>> abs(gini_of_counts(x) - gini(x.astype(float))) < 1e-12
    True
    """
    n, often = len(x), np.bincount(x)
    amount = np.arange(len(often), dtype=float)
    whole = amount @ often
    if n < 2 or whole == 0:
        return float("nan")
    last = np.cumsum(often)
    first = last - often
    places = (last * (last + 1) - first * (first + 1)) - (n + 1) * often
    return float(amount @ places / ((n - 1) * whole))


@dataclass(frozen=True, kw_only=True)
class Coverage(CatalogueMetric):
    """Share of the catalogue that appears in some list.

    Examples
    --------
    >>> Coverage().unit
    'catalogue'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "coverage"
    definition: ClassVar[str] = "listed targets / all targets"

    def of(self, tally: Tally) -> float:
        return float((tally.listed > 0).mean())


@dataclass(frozen=True, kw_only=True)
class Gini(CatalogueMetric):
    """Inequality of how often targets are listed, unlisted ones included; 1 is all on one.

    Lists of k different targets cannot exceed (C − k) / (C − 1).

    Examples
    --------
    >>> Gini().greater_is_better
    False
    """

    abstract: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = False
    stem: ClassVar[str] = "gini"
    definition: ClassVar[str] = "sum of (2i - n - 1) x_(i) / ((n - 1) sum x), x ascending"

    def of(self, tally: Tally) -> float:
        return gini_of_counts(tally.listed)


@dataclass(frozen=True, kw_only=True)
class ExposureGini(CatalogueMetric):
    """Inequality of exposure: a place counts as likely as a reader is to get there.

    A reader goes on from each place with probability .8, so place r has .8^(r − 1) [1]_.

    References
    ----------
    .. [1] Moffat and Zobel, Rank-Biased Precision, TOIS 27, 2008.

    Examples
    --------
    >>> ExposureGini().id
    'exposure_gini@20'
    """

    abstract: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = False
    stem: ClassVar[str] = "exposure_gini"
    definition: ClassVar[str] = "Gini of the sum of 0.8^(rank - 1) over the lists of each target"

    def of(self, tally: Tally) -> float:
        return gini(tally.exposure)


@dataclass(frozen=True, kw_only=True)
class ShannonEntropy(CatalogueMetric):
    """Entropy in bits of which target a listed place holds; log2 C is perfectly even.

    Examples
    --------
    >>> ShannonEntropy().limits
    (0.0, inf)
    """

    abstract: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, np.inf)
    stem: ClassVar[str] = "shannon_entropy"
    definition: ClassVar[str] = "-sum of p log2 p, p the share of listed places of each target"

    def of(self, tally: Tally) -> float:
        often = np.bincount(tally.listed)
        count = np.flatnonzero(often[1:]) + 1.0
        if not len(count):
            return float("nan")
        mass = count * often[1:][often[1:] > 0]
        whole = mass.sum()
        return float(np.log2(whole) - (mass * np.log2(count)).sum() / whole)
