"""A metric per arm, every unit's influence on it, and the difference between two arms."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from longshelf.errors import InputError
from longshelf.tables import FloatArray, IntArray

__all__ = ["Arm", "Effect", "difference", "mean_of", "ratio_of"]


@dataclass(frozen=True, kw_only=True)
class Arm:
    """A metric of one arm and what each randomised unit adds to it.

    Parameters
    ----------
    value : float
        The metric.
    influence : (n,) float array
        Of each unit, mean 0: the value's error is the mean of these.
    before : (n,) float array or None
        The covariate from before the trial, for :func:`~longshelf.trials.cuped`.
    stratum : (n,) int array or None
        Which part of the users, for :func:`~longshelf.trials.stratified`.
    """

    value: float
    influence: FloatArray
    before: FloatArray | None = None
    stratum: IntArray | None = None

    @property
    def variance(self) -> float:
        """Squared standard error of the value."""
        n = len(self.influence)
        return float(np.var(self.influence, ddof=1) / n) if n > 1 else float("inf")


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One arm less another.

    Parameters
    ----------
    arm, plain : float
        The metric of each.
    arm_variance, plain_variance, covariance : float
        Of these two.
    n : int
        Units in both.
    smaller : int
        Units in the smaller arm.
    """

    arm: float
    plain: float
    arm_variance: float
    plain_variance: float
    n: int
    smaller: int
    covariance: float = 0.0

    @property
    def value(self) -> float:
        """The difference."""
        return self.arm - self.plain

    @property
    def se(self) -> float:
        """Its standard error."""
        return sqrt(max(self.arm_variance + self.plain_variance - 2 * self.covariance, 0.0))

    @property
    def log_ratio(self) -> tuple[float, float]:
        """Logarithm of arm over plain and its standard error by the delta method; NaN if not positive."""
        if min(self.arm, self.plain) <= 0:
            return float("nan"), float("nan")
        spread = (
            self.arm_variance / self.arm**2
            + self.plain_variance / self.plain**2
            - 2 * self.covariance / (self.arm * self.plain)
        )
        return log(self.arm / self.plain), sqrt(max(spread, 0.0))


def mean_of(
    y: FloatArray, *, before: FloatArray | None = None, stratum: IntArray | None = None
) -> Arm:
    """Mean per unit: clicks per user, say.

    Parameters
    ----------
    y : (n,) float array
        One number per randomised unit.
    before, stratum : (n,) arrays, optional
        As in :class:`Arm`.

    Examples
    --------
    >>> mean_of(np.array([0.0, 1.0, 2.0])).value
    1.0
    """
    y = _some(np.asarray(y, dtype=float))
    return Arm(value=float(y.mean()), influence=y - y.mean(), before=before, stratum=stratum)


def ratio_of(
    top: FloatArray,
    bottom: FloatArray,
    *,
    before: FloatArray | None = None,
    stratum: IntArray | None = None,
) -> Arm:
    """Ratio of sums, its units being users: clicks over impressions, by the delta method [1]_.

    Parameters
    ----------
    top, bottom : (n,) float arrays
        Totals per randomised unit; impressions of one user are no units of their own.
    before, stratum : (n,) arrays, optional
        As in :class:`Arm`.

    Raises
    ------
    InputError
        No units, or a bottom that sums to 0.

    References
    ----------
    .. [1] Deng, Knoblich and Lu, Applying the Delta Method in Metric Analytics, KDD 2018,
       arXiv:1803.06336, eq. 4.

    Examples
    --------
    >>> ratio_of(np.array([1.0, 0.0]), np.array([2.0, 2.0])).value
    0.25
    """
    top, bottom = _some(np.asarray(top, dtype=float)), np.asarray(bottom, dtype=float)
    if bottom.sum() <= 0:
        raise InputError("a ratio needs a bottom that sums to more than 0; were there impressions?")
    value = float(top.sum() / bottom.sum())
    return Arm(
        value=value,
        influence=(top - value * bottom) / bottom.mean(),
        before=before,
        stratum=stratum,
    )


def _some(y: FloatArray) -> FloatArray:
    if not len(y):
        raise InputError("a metric needs at least one unit in each arm, got none")
    return y


def difference(arm: Arm, plain: Arm) -> Effect:
    """One arm less another, units being independent.

    Parameters
    ----------
    arm, plain : Arm
        The same metric of both.

    Examples
    --------
    >>> found = difference(mean_of(np.array([1.0, 3.0])), mean_of(np.array([0.0, 2.0])))
    >>> found.value, round(found.se, 3)
    (1.0, 1.414)
    """
    sizes = len(arm.influence), len(plain.influence)
    return Effect(
        arm=arm.value,
        plain=plain.value,
        arm_variance=arm.variance,
        plain_variance=plain.variance,
        n=sum(sizes),
        smaller=min(sizes),
    )
