"""What a policy would earn, from the log of another: replay, weights, and a model of the reward."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import ndtri

from longshelf.errors import InputError
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["OffPolicy", "cross_fitted", "doubly_robust", "ips", "replay", "snips"]

Z = float(-ndtri(0.025))
ENOUGH = 100
"""Below this effective size a handful of rows carries the estimate, and its interval means little."""


@dataclass(frozen=True, kw_only=True)
class OffPolicy:
    """An estimated value of a policy.

    Parameters
    ----------
    value, low, high : float
        Mean reward per decision and its 95% interval.
    effective : float
        Effective sample size: as many rows of the policy's own log would be about as good.
    rows : int
        Rows of the log.
    """

    value: float
    low: float
    high: float
    effective: float
    rows: int

    @property
    def enough(self) -> bool:
        """Whether the effective sample size is at least 100; clip the weights where it is not."""
        return self.effective >= ENOUGH


def replay(reward: FloatArray, agrees: BoolArray, user: IntArray | None = None) -> OffPolicy:
    """Mean reward where the policy would have done what the log did [1]_.

    Unbiased only if the log chose uniformly at random; otherwise use weights.

    Parameters
    ----------
    reward : (n,) float array
        Clicks, say.
    agrees : (n,) bool array
        Whether the policy's choice is the logged one.
    user : (n,) int array, optional
        Rows of one user are one unit of the interval.

    Raises
    ------
    InputError
        The policy never agrees with the log.

    References
    ----------
    .. [1] Li, Chu, Langford and Wang, Unbiased Offline Evaluation of Contextual-bandit-based News
       Article Recommendation Algorithms, WSDM 2011, algorithm 2.

    Examples
    --------
    >>> replay(np.array([1.0, 0, 1]), np.array([True, True, False])).value
    0.5
    """
    if not agrees.any():
        raise InputError(f"the policy agrees with none of {len(reward):,} logged decisions")
    return _ratio(agrees.astype(float), reward, user)


def ips(
    reward: FloatArray,
    logged: FloatArray,
    wanted: FloatArray,
    *,
    clip: float = np.inf,
    user: IntArray | None = None,
) -> OffPolicy:
    """Inverse propensity score: ``mean of wanted / logged * reward`` [1]_.

    Unbiased without clipping; its variance grows with the weights. Unlike :func:`snips` it may
    leave the range of the rewards.

    Parameters
    ----------
    reward : (n,) float array
        Clicks, say.
    logged : (n,) float array
        Probability with which the log chose what it chose; above 0.
    wanted : (n,) float array
        Probability with which the policy would choose the same.
    clip : float, default inf
        Larger weights count as this: less variance, some bias downward.
    user : (n,) int array, optional
        Rows of one user are one unit of the interval.

    Raises
    ------
    InputError
        A propensity that is not in (0, 1], or an unknown (NaN) one.

    References
    ----------
    .. [1] Horvitz and Thompson, 1952; Dudik, Langford and Li, Doubly Robust Policy Evaluation and
       Learning, ICML 2011, eq. 1.

    Examples
    --------
    >>> ips(np.array([1.0, 0]), np.array([0.5, 0.5]), np.array([1.0, 0.0])).value
    1.0
    """
    weight = _weights(logged, wanted, clip)
    return _mean(weight * reward, weight, user)


def snips(
    reward: FloatArray,
    logged: FloatArray,
    wanted: FloatArray,
    *,
    clip: float = np.inf,
    user: IntArray | None = None,
) -> OffPolicy:
    """Self-normalised IPS: weights divided by their sum [1]_.

    Slightly biased in small logs, far steadier, and within the range of the rewards.

    Parameters
    ----------
    reward, logged, wanted, clip, user
        As in :func:`ips`.

    Raises
    ------
    InputError
        A propensity out of (0, 1], or no weight at all.

    References
    ----------
    .. [1] Swaminathan and Joachims, The Self-Normalized Estimator for Counterfactual Learning,
       NIPS 2015, eq. 8.

    Examples
    --------
    >>> round(snips(np.array([1.0, 0]), np.array([0.5, 0.5]), np.array([0.6, 0.2])).value, 6)
    0.75
    """
    return _ratio(_weights(logged, wanted, clip), reward, user)


def doubly_robust(
    reward: FloatArray,
    logged: FloatArray,
    wanted: FloatArray,
    predicted: FloatArray,
    expected: FloatArray,
    *,
    clip: float = np.inf,
    user: IntArray | None = None,
) -> OffPolicy:
    """A model's expectation, corrected by weighted residuals [1]_.

    ``mean of expected + wanted / logged * (reward - predicted)``: right if either the propensities
    or the model are. The model must not have seen the row it predicts: :func:`cross_fitted`.

    Parameters
    ----------
    reward, logged, wanted, clip, user
        As in :func:`ips`.
    predicted : (n,) float array
        The model's reward of the logged choice.
    expected : (n,) float array
        The model's mean reward under the policy, in the same context.

    Raises
    ------
    InputError
        A propensity out of (0, 1].

    References
    ----------
    .. [1] Dudik, Langford and Li, Doubly Robust Policy Evaluation and Learning, ICML 2011, eq. 2;
       arXiv:1103.4601.

    Examples
    --------
    >>> doubly_robust(np.array([1.0, 0]), np.array([0.5, 0.5]), np.array([1.0, 0.0]),
    ...               np.array([0.8, 0.2]), np.array([0.8, 0.8])).value
    1.0
    """
    weight = _weights(logged, wanted, clip)
    return _mean(expected + weight * (reward - predicted), weight, user)


def cross_fitted(
    reward: FloatArray,
    choice: IntArray,
    choices: int,
    rng: np.random.Generator,
    *,
    folds: int = 5,
    strength: float = 100.0,
) -> FloatArray:
    """Mean reward of every choice, without the row's own fold, shrunk to the mean of all; (n, A).

    The plainest reward model that :func:`doubly_robust` can use.

    Parameters
    ----------
    reward : (n,) float array
        Clicks, say.
    choice : (n,) int array
        What was logged.
    choices : int
        A, how many there are.
    rng : numpy.random.Generator
        Deals the folds.
    folds : int, default 5
        How many.
    strength : float, default 100
        Rows of the overall mean that every choice is given.

    Examples
    --------
    >>> cross_fitted(np.ones(6), np.zeros(6, dtype=int), 2, np.random.default_rng(0)).shape
    (6, 2)
    """
    fold = rng.permutation(len(reward)) % folds
    found = np.empty((len(reward), choices))
    for held in range(folds):
        rest = fold != held
        mean = reward[rest].mean() if rest.any() else 0.0
        won = np.bincount(choice[rest], reward[rest], choices)
        shown = np.bincount(choice[rest], minlength=choices)
        found[fold == held] = (won + strength * mean) / (shown + strength)
    return found


def summed(values: FloatArray, user: IntArray) -> FloatArray:
    """Total of every user, in no order that matters; (U,)."""
    return np.asarray(np.bincount(np.unique(user, return_inverse=True)[1], values))


def _weights(logged: FloatArray, wanted: FloatArray, clip: float) -> FloatArray:
    bad = ~((logged > 0) & (logged <= 1))
    if bad.any():
        raise InputError(
            f"{int(bad.sum()):,} of {len(logged):,} logged propensities are not in (0, 1]; leave "
            "out events whose propensity was not logged"
        )
    return np.asarray(np.minimum(wanted / logged, clip))


def _mean(terms: FloatArray, weight: FloatArray, user: IntArray | None) -> OffPolicy:
    value = float(terms.mean())
    return _estimate(value, terms - value, weight, user)


def _ratio(weight: FloatArray, reward: FloatArray, user: IntArray | None) -> OffPolicy:
    whole = weight.sum()
    if not whole > 0:
        raise InputError("the policy chooses nothing that the log holds: all weights are 0")
    value = float(weight @ reward / whole)
    return _estimate(value, weight * (reward - value) * (len(weight) / whole), weight, user)


def _estimate(
    value: float, influence: FloatArray, weight: FloatArray, user: IntArray | None
) -> OffPolicy:
    n = len(influence)
    sums = influence if user is None else summed(influence, user)
    units = len(sums)
    se = sqrt(float(sums @ sums) * units / max(units - 1, 1)) / n if units > 1 else float("inf")
    square = float(weight @ weight)
    effective = float(weight.sum()) ** 2 / square if square > 0 else 0.0
    return OffPolicy(
        value=value, low=value - Z * se, high=value + Z * se, effective=effective, rows=n
    )
