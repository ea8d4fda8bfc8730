"""Intervals that hold at every look, so a trial may be watched and stopped at any time."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, isnan, log, sqrt

import numpy as np
from scipy.special import lambertw, ndtri

from longshelf.errors import InputError
from longshelf.trials.effects import Effect

__all__ = ["Interval", "always_valid", "fixed_horizon", "tuned_rho", "widening"]

LEAST = 100
"""Units the smaller arm needs before an interval is given; the guarantee is asymptotic."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate and what it may be.

    Parameters
    ----------
    value, low, high : float
        Infinite ends say that it is too early.
    alpha : float
        One less the coverage.
    """

    value: float
    low: float
    high: float
    alpha: float

    @property
    def verdict(self) -> int:
        """1 above zero, -1 below, 0 undecided."""
        return int(self.low > 0) - int(self.high < 0)

    @property
    def width(self) -> float:
        """High less low."""
        return self.high - self.low


def tuned_rho(planned: int, alpha: float = 0.05) -> float:
    """The rho that makes the interval narrowest at the planned number of units [1]_.

    With ``v = n rho^2`` the squared radius is proportional to ``(v + 1) / v * log((v + 1) / alpha^2)``,
    least where ``v = -W(-alpha^2 / e) - 1``, W being the lower branch of Lambert's function: 8.2 at
    alpha 0.05, where the interval is 1.55 times as wide as a fixed-horizon one. It stays under
    twice that from a tenth of the planned number to a thousand times it.

    Parameters
    ----------
    planned : int
        Units, both arms together, by which the trial should be decided.
    alpha : float, default 0.05
        One less the coverage.

    Raises
    ------
    InputError
        Fewer than one unit, or an alpha outside (0, 1).

    References
    ----------
    .. [1] Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, Time-uniform central limit theory and
       asymptotic confidence sequences, Annals of Statistics 52, 2024, appendix on the choice of
       rho; arXiv:2103.06476.

    Examples
    --------
    >>> round(tuned_rho(10_000) ** 2 * 10_000, 2)
    8.21
    """
    if planned < 1 or not 0 < alpha < 1:
        raise InputError(
            f"rho is tuned for 1 unit or more and alpha in (0, 1), got {planned} and {alpha}"
        )
    return sqrt((-float(np.real(lambertw(-(alpha**2) / exp(1), -1))) - 1) / planned)


def widening(n: int, planned: int, alpha: float = 0.05) -> float:
    """Standard errors an always-valid interval reaches to each side after n units [1]_.

    ``sqrt(2 (n rho^2 + 1) / (n rho^2) * log(sqrt(n rho^2 + 1) / alpha))``: the boundary of the
    asymptotic confidence sequence, whose running mean has standard error ``sigma / sqrt(n)``.

    Parameters
    ----------
    n : int
        Units so far.
    planned : int
        Units rho is tuned for.
    alpha : float, default 0.05
        One less the coverage.

    References
    ----------
    .. [1] Waudby-Smith et al., 2024, theorem 2.2; arXiv:2103.06476.

    Examples
    --------
    >>> round(widening(10_000, 10_000), 2), round(widening(1_000, 10_000), 2)
    (3.04, 3.82)
    """
    v = n * tuned_rho(planned, alpha) ** 2
    return sqrt(2 * (v + 1) / v * log(sqrt(v + 1) / alpha))


def always_valid(
    effect: Effect,
    *,
    planned: int,
    alpha: float = 0.05,
    relative: bool = False,
    least: int = LEAST,
) -> Interval:
    """Interval for a difference that holds at all looks together with probability 1 - alpha.

    The difference of two arms is, but for a vanishing rest, a running mean of the units'
    influences, so the asymptotic confidence sequence applies to means, ratios, and to what CUPED
    and post-stratification leave. Units should enter with their outcome complete: a user whose
    clicks still come is best counted once their first visits are over.

    Parameters
    ----------
    effect : Effect
        The difference so far.
    planned : int
        Units the interval is narrowest at; fixed before the first look.
    alpha : float, default 0.05
        One less the coverage.
    relative : bool, default False
        Give arm over plain less 1, through the logarithm; undefined (infinite) where not positive.
    least : int, default 100
        Units the smaller arm needs first; infinite ends before.

    Examples
    --------
    >>> from longshelf.trials import difference, mean_of
    >>> rng = np.random.default_rng(1)
    >>> found = difference(mean_of(rng.normal(0.3, 1, 4000)), mean_of(rng.normal(0.0, 1, 4000)))
    >>> always_valid(found, planned=8000).verdict
    1
    """
    reach = widening(max(effect.n, 1), planned, alpha) if effect.smaller >= least else inf
    return _interval(effect, reach, alpha, relative)


def fixed_horizon(effect: Effect, *, alpha: float = 0.05, relative: bool = False) -> Interval:
    """The usual interval, right for one look at a time fixed before the start.

    Parameters
    ----------
    effect : Effect
        The difference.
    alpha : float, default 0.05
        One less the coverage.
    relative : bool, default False
        Give arm over plain less 1, through the logarithm.

    Examples
    --------
    >>> from longshelf.trials import difference, mean_of
    >>> found = difference(mean_of(np.array([1.0, 3.0])), mean_of(np.array([0.0, 2.0])))
    >>> round(fixed_horizon(found).low, 2)
    -1.77
    """
    return _interval(effect, float(-ndtri(alpha / 2)), alpha, relative)


def _interval(effect: Effect, reach: float, alpha: float, relative: bool) -> Interval:
    middle, se = effect.log_ratio if relative else (effect.value, effect.se)
    if isnan(middle) or reach == inf or se == inf:
        value = exp(middle) - 1 if relative and not isnan(middle) else effect.value
        return Interval(
            value=float("nan") if isnan(middle) else value, low=-inf, high=inf, alpha=alpha
        )
    ends = (middle, middle - reach * se, middle + reach * se)
    value, low, high = (exp(end) - 1 for end in ends) if relative else ends
    return Interval(value=value, low=low, high=high, alpha=alpha)
