"""Explicit diversification towards the long tail, as far as the reader likes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.rerank.greedy import greedy, in_blocks, relevance
from longshelf.strategies.rerank.habits import habits
from longshelf.tables import Context, FloatArray, IntArray, Ranking

__all__ = ["XQuad"]


@dataclass(frozen=True, kw_only=True)
class XQuad(Strategy):
    """Fill lists from the head and the long tail, weighed by what each source used to choose.

    Each place takes the target with the highest ``(1 - lam) * relevance + lam * P(c | source) *
    (1 - share of the list in c)``, c the target's side: the head, or torso and tail [1]_. The
    side a source likes and its list lacks is lifted. ``smooth=False`` is the paper's binary form:
    a side counts as covered once the list holds anything of it. Relevance is the score brought to
    [0, 1] within the list, where the paper takes the recommender's own estimate.

    Parameters
    ----------
    lam : float in [0, 1], default 0.5
        0 leaves the list alone.
    smooth : bool, default True
        Covered by share, or at once.
    k : int >= 1, default 20
        Places to fill; further candidates follow in their order.

    References
    ----------
    .. [1] Abdollahpouri et al., Managing Popularity Bias in Recommender Systems with Personalized
       Re-ranking, FLAIRS 2019, arXiv:1901.07555, eq. 3 to 5; after Santos et al., WWW 2010.

    Examples
    --------
    >>> XQuad(lam=0.7).hooks
    frozenset({'rerank'})
    """

    lam: float = 0.5
    smooth: bool = True
    k: int = 20

    def __post_init__(self) -> None:
        if not 0 <= self.lam <= 1 or self.k < 1:
            raise InputError(f"XQuad needs lam in [0, 1] and k from 1, got {self.lam}, {self.k}")

    def rerank(self, ranking: Ranking, context: Context) -> Ranking:
        mix = habits(context)
        tail = (context.slices.of > 0).astype(np.int64)

        def work(part: Ranking) -> Ranking:
            own = mix(part.sources)
            liked = np.stack([own[:, 0], own[:, 1:].sum(axis=1)], axis=1)
            return self._block(part, liked, tail[part.ids])

        return in_blocks(ranking, work)

    def _block(self, part: Ranking, liked: FloatArray, side: IntArray) -> Ranking:
        wanted = relevance(part)
        held = np.zeros_like(liked)
        every = np.arange(len(liked))

        def value(last: IntArray | None) -> FloatArray:
            if last is not None:
                held[every, side[every, last]] += 1
            size = np.maximum(held.sum(axis=1, keepdims=True), 1)
            covered = held / size if self.smooth else (held > 0).astype(float)
            lift = np.take_along_axis(liked * (1 - covered), side, axis=1)
            return np.asarray((1 - self.lam) * wanted + self.lam * lift)

        return greedy(part, self.k, value)
