"""Does a language model rank what is likely, or what stands first in its prompt?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from longshelf.models.rank.prompted_ranker import FittedPromptedRanker
from longshelf.tables import FloatArray, IntArray, Matrix

__all__ = ["PositionBias", "position_bias"]


@dataclass(frozen=True)
class PositionBias:
    """What the place of a candidate in the prompt does to its rank, over sources.

    Parameters
    ----------
    pull : float in [-1, 1]
        Mean Spearman correlation of the place shown, drawn at random, with the rank given: 0 where
        places do not matter, 1 where the list is given back as shown, -1 where it is turned round.
    agreement : float in [0, 1]
        Share of sources whose first item is the same under two random orders.
    concordance : float in [-1, 1]
        Mean Spearman correlation of the ranks under two random orders; 1 without position bias.
    sources : int
        Sources with two candidates or more.
    """

    pull: float
    agreement: float
    concordance: float
    sources: int


def position_bias(
    fitted: FittedPromptedRanker,
    X: Matrix,
    rng: np.random.Generator,
    seen: sp.csr_matrix | None = None,
) -> PositionBias:
    """Ask about the same candidates in two random orders and compare the answers.

    Parameters
    ----------
    fitted : FittedPromptedRanker
        One that lists its candidates; others never say which stands where, and have a
        ``concordance`` of 1.
    X : (n, L) history
        Sources asked about.
    rng : numpy.random.Generator
        Draws the orders.
    seen : (n, C) CSR or None
        Items that are no candidates.

    References
    ----------
    .. [1] Hou et al., Large Language Models are Zero-Shot Rankers for Recommender Systems, ECIR
       2024, arXiv:2305.08845, section 3.3.
    """
    ids = fitted.first.rank(X, fitted.recipe.depth, seen).ids
    rows = np.flatnonzero((ids >= 0).sum(axis=1) > 1)
    ids = ids[rows]
    shown = [rng.permuted(ids, axis=1) for _ in range(2)]
    worth = [fitted.likelihood(X[rows], ids, order) for order in shown]
    pulls, agree, both = list[float](), list[bool](), list[float]()
    for row in range(len(ids)):
        real = ids[row] >= 0
        ranks = [_ranks(-each[row][real]) for each in worth]
        places = [_places(ids[row][real], order[row]) for order in shown]
        pulls += [_correlation(place, rank) for place, rank in zip(places, ranks, strict=True)]
        agree.append(bool(ranks[0].argmin() == ranks[1].argmin()))
        both.append(_correlation(*ranks))
    if not len(ids):
        return PositionBias(np.nan, np.nan, np.nan, 0)
    return PositionBias(
        float(np.mean(pulls)), float(np.mean(agree)), float(np.mean(both)), len(ids)
    )


def _ranks(values: FloatArray) -> FloatArray:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values))


def _places(ids: IntArray, shown: IntArray) -> FloatArray:
    """Where each item stands among those shown."""
    place = {int(code): at for at, code in enumerate(shown)}
    return np.array([place[int(code)] for code in ids], dtype=float)


def _correlation(a: FloatArray, b: FloatArray) -> float:
    """Pearson's, of ranks; 0 where one of them does not vary."""
    if not np.ptp(a) or not np.ptp(b):
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
