"""A share of each list kept for the tail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.slices import TAIL
from longshelf.strategies.base import Strategy
from longshelf.strategies.rerank.greedy import in_blocks, sorted_by
from longshelf.tables import BoolArray, Context, Ranking

__all__ = ["TailQuota"]


@dataclass(frozen=True, kw_only=True)
class TailQuota(Strategy):
    """See to it that the first k places hold at least a share of tail targets.

    The best tail candidates take the places of the lowest others, and all stand in the order of
    their scores: the least change of a list that meets the quota, as a shop would decree it. A
    list with too few tail candidates takes those it has.

    Parameters
    ----------
    share : float in [0, 1], default 0.2
        Of the k places, rounded up; 0 leaves the lists alone.
    k : int >= 1, default 20
        Places the quota is for, as many as lists are shown with: the tail stands low among them.
        Further candidates follow in their order.

    Raises
    ------
    NotApplicable
        If no target belongs to the tail.

    References
    ----------
    .. [1] The optimum under one floor per prefix length of Celis et al., Ranking with Fairness
       Constraints, ICALP 2018, arXiv:1704.06840, section 2, with the single prefix k.

    Examples
    --------
    >>> TailQuota(share=0.3).hooks
    frozenset({'rerank'})
    """

    share: float = 0.2
    k: int = 20

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1 or self.k < 1:
            raise InputError(
                f"TailQuota needs a share in [0, 1] and k from 1, got {self.share} and {self.k}"
            )

    def rerank(self, ranking: Ranking, context: Context) -> Ranking:
        tail = context.slices.of == TAIL
        if not tail.any():
            raise NotApplicable("TailQuota keeps places for the tail and no target is of the tail")
        return in_blocks(ranking, lambda part: self._block(part, tail))

    def _block(self, part: Ranking, tail: BoolArray) -> Ranking:
        length, real = part.ids.shape[1], part.ids >= 0
        k = min(self.k, length)
        quota = int(np.ceil(round(self.share * k, 9)))
        rare = tail[part.ids] & real
        kept = rare & (np.cumsum(rare, axis=1) <= quota)
        room = k - kept.sum(axis=1, keepdims=True)
        others = ~kept & real
        kept |= others & (np.cumsum(others, axis=1) <= room)
        place = np.arange(length)[None] + length * ~kept
        moved = sorted_by(part, -place.astype(float))
        return Ranking(sources=part.sources, ids=moved.ids, scores=part.scores)
