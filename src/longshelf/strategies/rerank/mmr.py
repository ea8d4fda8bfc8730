"""Maximal marginal relevance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.rerank.greedy import greedy, in_blocks, relevance
from longshelf.tables import Context, FloatArray, IntArray, Ranking

__all__ = ["Mmr"]


@dataclass(frozen=True, kw_only=True)
class Mmr(Strategy):
    """Fill a list with what is relevant and unlike what it already holds.

    Each place takes the target with the highest ``lam * relevance - (1 - lam) * max cosine`` to
    the places above [1]_. Relevance is the score brought to [0, 1] within the list.

    Parameters
    ----------
    lam : float in [0, 1], default 0.7
        1 leaves the list alone.
    k : int >= 1, default 20
        Places to fill; further candidates follow in their order.

    Raises
    ------
    NotApplicable
        If the targets have no vectors.

    References
    ----------
    .. [1] Carbonell and Goldstein, The Use of MMR, SIGIR 1998, section 2.

    Examples
    --------
    >>> Mmr(lam=0.5).hooks
    frozenset({'rerank'})
    """

    lam: float = 0.7
    k: int = 20

    def __post_init__(self) -> None:
        if not 0 <= self.lam <= 1 or self.k < 1:
            raise InputError(f"Mmr needs lam in [0, 1] and k from 1, got {self.lam} and {self.k}")

    def rerank(self, ranking: Ranking, context: Context) -> Ranking:
        if context.vectors is None:
            raise NotApplicable("Mmr compares target vectors and this model offers none")
        length = np.linalg.norm(context.vectors, axis=1, keepdims=True).clip(1e-12)
        unit = context.vectors / length
        return in_blocks(ranking, lambda part: self._block(part, unit))

    def _block(self, part: Ranking, unit: FloatArray) -> Ranking:
        wanted, vectors = relevance(part), unit[part.ids]
        closest = np.full(part.ids.shape, -1.0)
        every = np.arange(len(part.ids))

        def value(last: IntArray | None) -> FloatArray:
            if last is None:
                return self.lam * wanted
            likeness = np.einsum("umd,ud->um", vectors, vectors[every, last])
            np.maximum(closest, likeness, out=closest)
            return self.lam * wanted - (1 - self.lam) * closest

        return greedy(part, self.k, value)
