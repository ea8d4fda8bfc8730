"""Determinantal point process."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.rerank.greedy import greedy, in_blocks, relevance
from longshelf.tables import Context, FloatArray, IntArray, Ranking

__all__ = ["Dpp"]

LEAST = 1e-8
"""Share of a vector outside the span of the list under which it adds nothing."""


@dataclass(frozen=True, kw_only=True)
class Dpp(Strategy):
    """Fill a list with a relevant set whose vectors span much, the likeliest set of a DPP.

    Greedily the largest ``theta * sum of relevance + (1 - theta) * log det S``, S the matrix of
    ``(1 + cosine) / 2`` between the listed targets, by incremental Cholesky factors [1]_. Once the
    list spans all vectors, relevance alone decides. Unlike
    :class:`Mmr` it looks at the whole list, not at the nearest one. Relevance is the score
    brought to [0, 1] within the list.

    Parameters
    ----------
    theta : float in (0, 1], default 0.9
        1 leaves the list alone.
    k : int >= 1, default 20
        Places to fill; further candidates follow in their order.

    Raises
    ------
    NotApplicable
        If the targets have no vectors.

    References
    ----------
    .. [1] Chen et al., Fast Greedy MAP Inference for Determinantal Point Process to Improve
       Recommendation Diversity, NeurIPS 2018, arXiv:1709.05135, algorithm 1 and section 4.1.

    Examples
    --------
    >>> Dpp(theta=0.7).hooks
    frozenset({'rerank'})
    """

    theta: float = 0.9
    k: int = 20

    def __post_init__(self) -> None:
        if not 0 < self.theta <= 1 or self.k < 1:
            raise InputError(f"Dpp needs theta in (0, 1], k from 1, got {self.theta}, {self.k}")

    def rerank(self, ranking: Ranking, context: Context) -> Ranking:
        if context.vectors is None:
            raise NotApplicable("Dpp compares target vectors and this model offers none")
        length = np.linalg.norm(context.vectors, axis=1, keepdims=True).clip(1e-12)
        unit = context.vectors / length
        return in_blocks(ranking, lambda part: self._block(part, unit))

    def _block(self, part: Ranking, unit: FloatArray) -> Ranking:
        wanted, vectors = relevance(part), unit[part.ids]
        lists, depth = part.ids.shape
        factors = np.zeros((lists, depth, min(self.k, depth)))
        left = np.ones((lists, depth))
        every, place = np.arange(lists), iter(range(depth))

        def value(last: IntArray | None) -> FloatArray:
            if last is not None:
                at, own = next(place), factors[every, last]
                like = (1 + np.einsum("umd,ud->um", vectors, vectors[every, last])) / 2
                known = np.einsum("umf,uf->um", factors, own)
                spanned = left[every, last] <= LEAST
                scale = np.sqrt(np.where(spanned, np.inf, left[every, last]))
                factors[:, :, at] = (like - known) / scale[:, None]
                np.subtract(left, factors[:, :, at] ** 2, out=left)
            novelty = np.log(np.maximum(left, LEAST))
            return np.asarray(self.theta * wanted + (1 - self.theta) * novelty)

        return greedy(part, self.k, value)
