"""FA*IR: a fair share of protected targets in every prefix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from longshelf.errors import InputError, NotApplicable, unknown
from longshelf.strategies.base import Strategy
from longshelf.strategies.rerank.greedy import greedy, in_blocks
from longshelf.tables import BoolArray, Context, FloatArray, IntArray, Ranking

__all__ = ["FaStar", "failure", "minimum_protected"]

SLICES = ("torso", "tail", "cold")


def minimum_protected(k: int, p: float, alpha: float) -> IntArray:
    """Least number of protected targets in each prefix of a fair list; (k,).

    The least m with ``P(Binomial(n, p) <= m) > alpha``: fewer would be rejected as drawn with
    probability p [1]_.

    References
    ----------
    .. [1] Zehlike et al., FA*IR, CIKM 2017, arXiv:1706.06368, definition 3.1 and table 2.

    Examples
    --------
    >>> minimum_protected(12, 0.5, 0.1).tolist()
    [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3, 4]
    """
    from scipy.stats import binom

    length = np.arange(1, k + 1)[:, None]
    within = binom.cdf(np.arange(k + 1)[None], length, p) > alpha
    return np.asarray(within.argmax(axis=1))


def failure(needed: IntArray, p: float) -> float:
    """Probability that a list drawn fairly, each place protected with probability p, is refused.

    Examples
    --------
    >>> round(failure(minimum_protected(10, 0.2, 0.15), 0.2), 9)
    0.134217728
    """
    held = np.zeros(len(needed) + 1)
    held[0] = 1.0
    for least in needed:
        held[1:] = held[1:] * (1 - p) + held[:-1] * p
        held[0] *= 1 - p
        held[:least] = 0
    return float(1 - held.sum())


@lru_cache(maxsize=64)
def _adjusted(k: int, p: float, alpha: float) -> tuple[int, ...]:
    """The table at the largest level whose chance of refusing a fair list is at most alpha."""
    low, high = 0.0, alpha
    if failure(minimum_protected(k, p, alpha), p) <= alpha:
        low = alpha
    for _ in range(40):
        middle = (low + high) / 2
        if failure(minimum_protected(k, p, middle), p) <= alpha:
            low = middle
        else:
            high = middle
    return tuple(minimum_protected(k, p, low).tolist())


@dataclass(frozen=True, kw_only=True)
class FaStar(Strategy):
    """FA*IR: no prefix of a list may hold fewer tail targets than chance would give.

    Each place takes the best candidate left, or the best of the tail where the prefix would
    otherwise fall under its minimum [1]_. The minimum comes from a binomial test; testing every
    prefix refuses too many fair lists, so the level is lowered until a fair list is refused with
    probability at most ``alpha``: the largest such level, where the released code stops at one
    nearby. A list without enough tail candidates takes those it has.

    Parameters
    ----------
    p : float in (0, 1), default 0.3
        Share of the tail a fair list has at least.
    alpha : float in (0, 1), default 0.1
        Probability of refusing a fair list.
    adjust : bool, default True
        False tests each prefix at ``alpha``.
    protected : {"torso", "tail", "cold"}, default "tail"
        The slice that is protected.
    k : int >= 1, default 20
        Places to fill; further candidates follow in their order.

    Raises
    ------
    NotApplicable
        If no target belongs to the slice.

    References
    ----------
    .. [1] Zehlike et al., FA*IR: A Fair Top-k Ranking Algorithm, CIKM 2017, arXiv:1706.06368,
       algorithm 2; the exact adjustment is that of arXiv:2012.12795.

    Examples
    --------
    >>> FaStar(p=0.4).minimum.tolist()
    [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4]
    """

    p: float = 0.3
    alpha: float = 0.1
    adjust: bool = True
    protected: str = "tail"
    k: int = 20

    def __post_init__(self) -> None:
        if not 0 < self.p < 1 or not 0 < self.alpha < 1 or self.k < 1:
            raise InputError(
                "FaStar needs p and alpha in (0, 1) and k from 1, "
                f"got {self.p}, {self.alpha} and {self.k}"
            )
        if self.protected not in SLICES:
            raise unknown("slice to protect", self.protected, SLICES)

    @property
    def minimum(self) -> IntArray:
        """Least number of protected targets in each prefix; (k,)."""
        if self.adjust:
            return np.array(_adjusted(self.k, self.p, self.alpha))
        return minimum_protected(self.k, self.p, self.alpha)

    def rerank(self, ranking: Ranking, context: Context) -> Ranking:
        members = context.slices.members.get(self.protected)
        if members is None:
            raise NotApplicable(f"FaStar protects the {self.protected} and no target is of it")
        needed = self.minimum
        return in_blocks(ranking, lambda part: self._block(part, members, needed))

    def _block(self, part: Ranking, members: BoolArray, needed: IntArray) -> Ranking:
        rare = members[part.ids] & (part.ids >= 0)
        lists, depth = part.ids.shape
        order = -np.arange(depth, dtype=float)
        held = np.zeros(lists, dtype=np.int64)
        every, place = np.arange(lists), iter(needed)

        def value(last: IntArray | None) -> FloatArray:
            if last is not None:
                held[:] += rare[every, last]
            short = held < next(place)
            return np.asarray(order[None] + depth * (rare & short[:, None]))

        return greedy(part, self.k, value)
