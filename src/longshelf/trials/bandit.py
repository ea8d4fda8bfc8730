"""Shares that follow the evidence: Thompson sampling instead of a fixed split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv

from longshelf.errors import InputError
from longshelf.tables import FloatArray

__all__ = ["Bandit"]

POINTS = 1024


@dataclass(frozen=True, kw_only=True)
class Bandit:
    """Give each arm the probability that it is the best, under Beta posteriors [1]_.

    The shares are what one Thompson draw per request would give on average, so a
    :class:`Trial` with these shares is Thompson sampling in batches, and each exposure's
    propensity is its arm's share at that time: log it. Lifts after that are estimated with
    :func:`~longshelf.trials.snips`; plain means are biased, since an arm that starts unlucky is
    left before it recovers.

    Parameters
    ----------
    least : float in [0, 1), default 0.02
        Every arm keeps at least this share, so that it can recover and weights stay bounded.
    prior : tuple of two float, default (1, 1)
        Of the Beta distribution, successes and failures.

    Raises
    ------
    InputError
        Out of bounds.

    References
    ----------
    .. [1] Thompson, On the likelihood that one unknown probability exceeds another, Biometrika
       1933; Scott, A modern Bayesian look at the multi-armed bandit, 2010, eq. 4.

    Examples
    --------
    >>> shares = Bandit().shares([30, 50], [1000, 1000])
    >>> shares[1] > 0.95, round(sum(shares), 12)
    (True, 1.0)
    """

    least: float = 0.02
    prior: tuple[float, float] = (1.0, 1.0)

    def __post_init__(self) -> None:
        if not 0 <= self.least < 1 or min(self.prior) <= 0:
            raise InputError(
                f"a bandit's least share is in [0, 1) and its prior above 0, got {self.least} "
                f"and {self.prior}"
            )

    def shares(self, successes: Sequence[float], trials: Sequence[float]) -> tuple[float, ...]:
        """The share of each arm.

        Parameters
        ----------
        successes, trials : sequences of float
            Per arm: clicks (at most one a trial), and visits. What was gathered at unlike shares
            is no less valid here: the posterior does not care why an arm was shown.

        Raises
        ------
        InputError
            Lengths that differ, more successes than trials, or floors that sum over 1.
        """
        won, tried = np.asarray(successes, dtype=float), np.asarray(trials, dtype=float)
        if won.shape != tried.shape or len(won) < 2 or (won < 0).any() or (won > tried).any():
            raise InputError(
                "a bandit needs two arms or more with 0 <= successes <= trials, got "
                f"{won.tolist()} of {tried.tolist()}"
            )
        if self.least * len(won) > 1:
            raise InputError(f"{len(won)} arms of at least {self.least} each sum to more than 1")
        best = self._best(won + self.prior[0], tried - won + self.prior[1])
        kept = self.least + (1 - self.least * len(won)) * best
        return tuple((kept / kept.sum()).tolist())

    def _best(self, a: FloatArray, b: FloatArray) -> FloatArray:
        """P(arm is best): the mean over its own quantiles of all others lying below; (K,)."""
        level = (np.arange(POINTS) + 0.5) / POINTS
        found = np.empty(len(a))
        for arm in range(len(a)):
            rate = betaincinv(a[arm], b[arm], level)
            others = np.delete(np.arange(len(a)), arm)
            found[arm] = betainc(a[others, None], b[others, None], rate).prod(axis=0).mean()
        return np.asarray(found / found.sum())
