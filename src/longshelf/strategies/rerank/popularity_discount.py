"""Scores less what popularity earns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.rerank.greedy import in_blocks, sorted_by
from longshelf.tables import Context, FloatArray, Ranking

__all__ = ["PopularityDiscount"]


@dataclass(frozen=True, kw_only=True)
class PopularityDiscount(Strategy):
    """Take ``gamma * ln(n + 1)`` off every score and sort each list anew.

    n is the target's training count. The score of a popularity-driven learner is about
    ``taste + ln n``; the discount takes the second part back, a share at a time [1]_. Only the
    candidates kept are sorted, so what never came near a list stays out of it.

    Parameters
    ----------
    gamma : float >= 0, default 0.3
        0 leaves the lists alone.
    divide : bool, default False
        Divide by ``(n + 1)**gamma`` instead: for scores that are probabilities or similarities,
        where a difference of logarithms is a ratio.

    Raises
    ------
    NotApplicable
        If negative scores would have to be divided.

    References
    ----------
    .. [1] Steck, Item Popularity and Recommendation Accuracy, RecSys 2011, section 3, whose
       popularity-stratified weights ``n**-gamma`` the divisor is; on logits it is Menon et al.,
       Long-Tail Learning via Logit Adjustment, ICLR 2021, arXiv:2007.07314, eq. 9.

    Examples
    --------
    >>> PopularityDiscount(gamma=0.5).hooks
    frozenset({'rerank'})
    """

    gamma: float = 0.3
    divide: bool = False

    def __post_init__(self) -> None:
        if self.gamma < 0:
            raise InputError(f"PopularityDiscount's gamma must be at least 0, got {self.gamma}")

    def rerank(self, ranking: Ranking, context: Context) -> Ranking:
        listed = ranking.scores[ranking.ids >= 0]
        if self.divide and len(listed) and listed.min() < 0:
            raise NotApplicable(
                "PopularityDiscount(divide=True) divides probabilities or similarities; these "
                f"scores go down to {listed.min():.3g}: leave divide out"
            )
        heard = np.log1p(context.targets.natural)
        return in_blocks(ranking, lambda part: self._block(part, self.gamma * heard))

    def _block(self, part: Ranking, discount: FloatArray) -> Ranking:
        own = discount[np.maximum(part.ids, 0)]
        return sorted_by(part, part.scores * np.exp(-own) if self.divide else part.scores - own)
