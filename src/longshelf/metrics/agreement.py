"""Agreement of decisions with the truth beyond chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.metrics.base import Estimate, Metric
from longshelf.metrics.margins import Gradient, MarginMetric, Margins
from longshelf.metrics.reading import Reading, Strata
from longshelf.tables import BoolArray

__all__ = ["CohenKappa", "Matthews", "QuadraticKappa"]


@dataclass(frozen=True, kw_only=True)
class Matthews(MarginMetric):
    """Correlation between true and decided classes; 0 where either is constant.

    Examples
    --------
    >>> Matthews().limits
    (-1.0, 1.0)
    """

    abstract: ClassVar[bool] = False
    sliced: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    definition: ClassVar[str] = "multiclass Matthews correlation"

    def gradient(self, margins: Margins) -> Gradient:
        t, s = margins.true, margins.said
        n, hits = margins.total, margins.hit.sum(axis=-1, keepdims=True)
        above = n * hits - (t * s).sum(axis=-1, keepdims=True)
        a = n**2 - (s**2).sum(axis=-1, keepdims=True)
        b = n**2 - (t**2).sum(axis=-1, keepdims=True)
        flat = (a <= 0) | (b <= 0)
        a, b = np.where(flat, 1.0, a), np.where(flat, 1.0, b)
        root = np.sqrt(a * b)
        value = np.where(flat, 0.0, above / root)
        by_true = (hits - s) / root - value * (n / a + (n - t) / b)
        by_said = -t / root + value * s / a
        by_hit = np.broadcast_to(n / root, t.shape)
        value = np.where(n > 0, value, np.nan)
        parts = [np.where(flat, 0.0, part) for part in (by_true, by_said, by_hit)]
        return Gradient(value[..., 0], *parts)


@dataclass(frozen=True, kw_only=True)
class CohenKappa(MarginMetric):
    """Agreement beyond what the two class shares would give by chance.

    Examples
    --------
    >>> CohenKappa().id
    'cohen_kappa'
    """

    abstract: ClassVar[bool] = False
    sliced: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    definition: ClassVar[str] = "(agreement - chance) / (1 - chance)"

    def gradient(self, margins: Margins) -> Gradient:
        t, s = margins.true, margins.said
        n, hits = margins.total, margins.hit.sum(axis=-1, keepdims=True)
        chance = (t * s).sum(axis=-1, keepdims=True)
        below = n**2 - chance
        some = below > 0
        below = np.where(some, below, 1.0)
        value = np.where(some, (n * hits - chance) / below, np.nan)
        by_true = (hits - s - value * (2 * n - s)) / below
        by_said = (value - 1) * t / below
        return Gradient(value[..., 0], by_true, by_said, np.broadcast_to(n / below, t.shape))


@dataclass(frozen=True, kw_only=True)
class QuadraticKappa(Metric):
    """Kappa for ordered classes: a decision far off costs the square of the distance.

    Examples
    --------
    >>> QuadraticKappa().id
    'quadratic_kappa'
    """

    abstract: ClassVar[bool] = False
    sliced: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    definition: ClassVar[str] = "1 - squared rank distance / that expected by chance"

    def applies(self, reading: Reading) -> bool:
        return super().applies(reading) and reading.targets.rank is not None

    def measure(
        self, reading: Reading, source: str, strata: Strata, members: BoolArray
    ) -> Estimate:
        margins = Margins.of(reading, source, strata, members)
        assert reading.targets.rank is not None
        rank = np.asarray(reading.targets.rank, dtype=float)
        squares = (rank[:, None] - rank[None, :]) ** 2
        decided = np.asarray(reading.scored.decisions[source])
        each = squares[reading.truth, decided]
        seen = strata.sum((each * reading.weight)[None])[:, 0]
        true, said = margins.true[:, 0], margins.said[:, 0]
        n = np.maximum(true.sum(axis=1), 1e-300)
        chance = ((true @ squares) * said).sum(axis=1) / n
        safe = np.where(chance > 0, chance, 1.0)
        value = np.where(chance > 0, 1 - seen / safe, np.nan)
        moved = (said @ squares)[strata.at, reading.truth] + (true @ squares)[strata.at, decided]
        moved = moved / n[strata.at] - (chance / n)[strata.at]
        influence = n[strata.at] * ((seen / safe**2)[strata.at] * moved - each / safe[strata.at])
        return Estimate(value[:, None], np.where(strata.inside, influence, 0.0)[None])
