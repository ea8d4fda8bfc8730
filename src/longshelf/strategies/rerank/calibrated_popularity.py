"""Lists as popular as their reader's taste."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.rerank.greedy import greedy, in_blocks, relevance
from longshelf.strategies.rerank.habits import habits
from longshelf.tables import Context, FloatArray, IntArray, Ranking

__all__ = ["CalibratedPopularity", "divergence"]


def divergence(p: FloatArray, q: FloatArray) -> FloatArray:
    """Jensen-Shannon divergence, base 2, of distributions along the last axis.

    Examples
    --------
    >>> float(divergence(np.array([1.0, 0.0]), np.array([0.0, 1.0])))
    1.0
    """
    middle = (p + q) / 2

    def half(a: FloatArray) -> FloatArray:
        ratio = np.where(a > 0, a, 1.0) / np.where(a > 0, middle, 1.0)
        return np.asarray((a * np.log2(ratio)).sum(axis=-1))

    return np.asarray((half(p) + half(q)) / 2)


@dataclass(frozen=True, kw_only=True)
class CalibratedPopularity(Strategy):
    """Bring the head, torso and tail of each list near the mix of the source's own history.

    Each place takes the target with the highest ``(1 - lam) * relevance - lam * divergence``,
    the divergence that of the list with the target from the history, by Jensen and Shannon [1]_.
    A source without history is compared with everybody's.

    Parameters
    ----------
    lam : float in [0, 1], default 0.5
        0 leaves the list alone.
    k : int >= 1, default 20
        Places to fill; further candidates follow in their order.

    References
    ----------
    .. [1] Abdollahpouri et al., User-Centered Evaluation of Popularity Bias in Recommender
       Systems, UMAP 2021, arXiv:2103.06364, eq. 7.

    Examples
    --------
    >>> CalibratedPopularity(lam=0.9).hooks
    frozenset({'rerank'})
    """

    lam: float = 0.5
    k: int = 20

    def __post_init__(self) -> None:
        if not 0 <= self.lam <= 1 or self.k < 1:
            raise InputError(
                f"CalibratedPopularity needs lam in [0, 1] and k from 1, got {self.lam}, {self.k}"
            )

    def rerank(self, ranking: Ranking, context: Context) -> Ranking:
        mix = habits(context)
        return in_blocks(ranking, lambda part: self._block(part, mix(part.sources), context))

    def _block(self, part: Ranking, own: FloatArray, context: Context) -> Ranking:
        wanted, kind = relevance(part), context.slices.of[part.ids]
        held = np.zeros_like(own)
        every = np.arange(len(own))

        def value(last: IntArray | None) -> FloatArray:
            if last is not None:
                held[every, kind[every, last]] += 1
            mixes = held[:, None, :] + np.eye(3)[None]
            mixes = mixes / mixes.sum(axis=2, keepdims=True)
            away = divergence(own[:, None, :], mixes)
            return (1 - self.lam) * wanted - self.lam * np.take_along_axis(away, kind, axis=1)

        return greedy(part, self.k, value)
