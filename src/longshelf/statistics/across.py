"""Arms over several data sets: one value per data set and arm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError
from longshelf.statistics.multiplicity import holm
from longshelf.tables import FloatArray

__all__ = ["Friedman", "SignedRank", "bayesian_signed_rank", "friedman", "wilcoxon_holm"]


@dataclass(frozen=True)
class Friedman:
    """Whether any arm differs.

    Parameters
    ----------
    mean_ranks : (K,) float array
        1 is best.
    statistic, p : float
        Iman and Davenport's F and its p-value.
    """

    mean_ranks: FloatArray
    statistic: float
    p: float


def friedman(values: FloatArray) -> Friedman:
    """Friedman's test with Iman and Davenport's F.

    Parameters
    ----------
    values : (N, K) float array
        N data sets, K arms, greater is better.

    References
    ----------
    .. [1] Demšar, Statistical Comparisons of Classifiers over Multiple Data Sets, JMLR 7, 2006.

    Examples
    --------
    >>> found = friedman(np.array([[3.0, 2, 1], [3, 1, 2], [3, 2, 1], [3, 2, 1]]))
    >>> found.mean_ranks.tolist(), round(found.statistic, 2)
    ([1.0, 2.25, 2.75], 13.0)
    """
    from scipy import stats

    n, k = np.shape(values)
    if n < 2 or k < 3:
        raise InputError(f"Friedman's test needs 2 data sets and 3 arms, got {n} and {k}")
    place = np.apply_along_axis(stats.rankdata, 1, -np.asarray(values, dtype=float))
    spread = ((place - (k + 1) / 2) ** 2).sum() / (n * (k - 1))
    squares = n * ((place.mean(axis=0) - (k + 1) / 2) ** 2).sum()
    chi = squares / spread if spread > 0 else 0.0
    below = n * (k - 1) - chi
    f = (n - 1) * chi / below if below > 0 else np.inf
    return Friedman(place.mean(axis=0), float(f), float(stats.f.sf(f, k - 1, (k - 1) * (n - 1))))


def wilcoxon_holm(values: FloatArray) -> FloatArray:
    """Holm-adjusted p-values of Wilcoxon's signed-rank test for every pair of arms; (K, K).

    Parameters
    ----------
    values : (N, K) float array
        N data sets, K arms.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> gap = np.linspace(0.1, 1, 10)
    >>> wilcoxon_holm(np.stack([gap, 0 * gap], axis=1)).round(4).tolist()
    [[1.0, 0.002], [0.002, 1.0]]
    """
    data = np.asarray(values, dtype=float)
    k = data.shape[1]
    one, other = np.triu_indices(k, 1)
    p = np.array([_wilcoxon(data[:, i] - data[:, j]) for i, j in zip(one, other, strict=True)])
    table = np.ones((k, k))
    table[one, other] = table[other, one] = holm(p)
    return table


def _wilcoxon(gap: FloatArray) -> float:
    from scipy.stats import wilcoxon

    moved = gap[gap != 0]
    return float(wilcoxon(moved).pvalue) if len(moved) else 1.0


@dataclass(frozen=True)
class SignedRank:
    """Posterior probabilities that the first arm is worse, equivalent, better."""

    worse: float
    equivalent: float
    better: float


def bayesian_signed_rank(
    gaps: FloatArray, rope: float, rng: np.random.Generator, draws: int = 20_000
) -> SignedRank:
    """The Bayesian signed-rank test with a region of practical equivalence.

    Parameters
    ----------
    gaps : (N,) float array
        Differences over N data sets, greater is better.
    rope : float >= 0
        Differences this small do not matter.
    rng : numpy.random.Generator
        Draws the Dirichlet weights.
    draws : int, default 20000
        Of the posterior.

    References
    ----------
    .. [1] Benavoli et al., Time for a Change, JMLR 18, 2017, section 4.2.

    Examples
    --------
    >>> found = bayesian_signed_rank(np.full(10, 0.1), 0.01, np.random.default_rng(0))
    >>> found.better > 0.99
    True
    """
    points = np.concatenate([[0.0], np.asarray(gaps, dtype=float)])
    weights = rng.dirichlet(np.concatenate([[0.5], np.ones(len(points) - 1)]), draws)
    pair = points[:, None] + points[None, :]
    kinds = [pair < -2 * rope, np.abs(pair) <= 2 * rope, pair > 2 * rope]
    mass = np.stack(
        [
            np.einsum("di,ij,dj->d", weights, kind.astype(float), weights, optimize=True)
            for kind in kinds
        ]
    )
    best = mass == mass.max(axis=0)
    worse, equivalent, better = (best / best.sum(axis=0)).mean(axis=1)
    return SignedRank(float(worse), float(equivalent), float(better))
