"""How steeply class sizes fall with their rank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import logsumexp, ndtri

from longshelf.tables import FloatArray

__all__ = ["Zipf"]

STEEPEST = 20.0
POOLS = 50


@dataclass(frozen=True, kw_only=True)
class Zipf:
    """A power law of the rank, ``p_r ∝ r**-exponent`` for r = 1 … C, fitted by maximum likelihood.

    Rows are draws from a zeta law truncated at C; the estimate solves ``E_s[log r] = mean log r``,
    the likelihood equation of a one-parameter exponential family [1]_. The interval is normal on
    the Fisher information ``N Var_s(log r)``, widened by the root of the Pearson dispersion
    (quasi-likelihood [2]_, over at most 50 pools of neighbouring ranks, never under 1): classes
    seldom follow the law exactly, and many rows would otherwise claim digits that mean nothing.

    Parameters
    ----------
    exponent, low, high : float
        Estimate and its interval; 0 is even, 1 is Zipf's law.
    level : float
        Confidence level of the interval.
    dispersion : float >= 1
        1 where the law holds; large where it does not.
    distance : float in [0, 1]
        Greatest gap between the observed and the fitted cumulative share (Kolmogorov–Smirnov).

    References
    ----------
    .. [1] Goldstein, Morris & Yen, Problems with fitting to the power-law distribution,
       Eur. Phys. J. B 41 (2004) 255-258.
    .. [2] McCullagh & Nelder, Generalized Linear Models, 2nd ed., 1989, ch. 9.
    """

    exponent: float
    low: float
    high: float
    level: float
    dispersion: float
    distance: float

    @classmethod
    def fit(cls, counts: FloatArray, level: float = 0.95) -> Zipf | None:
        """Fit to class sizes in any order; None under five classes, where a slope means little.

        Parameters
        ----------
        counts : (C,) float array
            Rows per class.
        level : float in (0, 1), default 0.95
            Of the interval.

        Examples
        --------
        >>> fitted = Zipf.fit(np.array([600.0, 300, 200, 150, 120]))
        >>> round(fitted.exponent, 6), round(fitted.distance, 6)
        (1.0, 0.0)
        """
        sizes = np.sort(np.asarray(counts, dtype=float))[::-1]
        sizes = sizes[sizes > 0]
        if len(sizes) < 5:
            return None
        total, logs = sizes.sum(), np.log(np.arange(1, len(sizes) + 1))
        observed = sizes @ logs / total

        def excess(s: float) -> float:
            return float(_shares(s, logs) @ logs - observed)

        exponent = 0.0 if excess(0.0) <= 0 else float(brentq(excess, 0.0, STEEPEST, xtol=1e-12))
        share = _shares(exponent, logs)
        dispersion = _dispersion(sizes, total * share)
        variance = share @ logs**2 - (share @ logs) ** 2
        half = float(ndtri((1 + level) / 2) * np.sqrt(dispersion / (total * variance)))
        gap = np.abs(np.cumsum(sizes / total) - np.cumsum(share)).max()
        return cls(
            exponent=exponent,
            low=max(exponent - half, 0.0),
            high=exponent + half,
            level=level,
            dispersion=dispersion,
            distance=float(gap),
        )

    def sizes(self, rows: int, classes: int) -> FloatArray:
        """Expected class sizes by rank; (classes,)."""
        return rows * _shares(self.exponent, np.log(np.arange(1, classes + 1)))


def _shares(exponent: float, logs: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-exponent * logs - logsumexp(-exponent * logs)))


def _dispersion(sizes: FloatArray, expected: FloatArray) -> float:
    """Pearson's chi-square per degree of freedom over neighbouring ranks of equal mass.

    Sorted sizes hug any smooth curve rank by rank, so misfit shows only when ranks are pooled.
    """
    pools = max(min(POOLS, int(expected.sum() / 5)), 1)
    middle = (np.cumsum(expected) - expected / 2) / expected.sum()
    _, pool = np.unique(np.floor(middle * pools), return_inverse=True)
    seen, asked = np.bincount(pool, weights=sizes), np.bincount(pool, weights=expected)
    if len(seen) <= 2:
        return 1.0
    return max(1.0, float(((seen - asked) ** 2 / asked).sum() / (len(seen) - 2)))
