"""As much exposure for the tail as it deserves."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from longshelf.errors import InputError, LongShelfWarning, NotApplicable, unknown
from longshelf.slices import TAIL
from longshelf.strategies.base import Strategy
from longshelf.strategies.rerank.greedy import relevance, sorted_by
from longshelf.tables import BoolArray, Context, FloatArray, IntArray, Ranking

__all__ = ["ExposureFair"]

HALVINGS = 20


@dataclass(frozen=True, kw_only=True)
class ExposureFair(Strategy):
    """Give tail and other candidates equal mean exposure, at the least loss of relevance.

    Exposure of place j is ``1 / log2(j + 1)``, 0 below the first k. The fairness programme of
    [1]_ asks for one stochastic ranking per query; over many sources at once its dual has one
    number: every list is sorted by ``relevance + lift * [tail]``, the lift the same for all and
    found by halving, which maximises the summed discounted relevance among all lists of that
    exposure. Lists near the lift's last step take it one source after the other, so that the
    constraint holds up to one place of one list. Relevance is the score brought to [0, 1] within
    the list.

    Parameters
    ----------
    parity : {"equal", "merit"}, default "merit"
        Mean exposure per candidate equal on both sides (demographic parity), or in proportion
        to mean relevance (no disparate treatment).
    k : int >= 1, default 20
        Places with exposure.

    Raises
    ------
    NotApplicable
        If the candidates are all of the tail, or none is.

    Warns
    -----
    LongShelfWarning
        If no order of the candidates gives that much exposure.

    References
    ----------
    .. [1] Singh and Joachims, Fairness of Exposure in Rankings, KDD 2018, arXiv:1802.07281,
       eq. 4 and 6; the amortised form follows Biega et al., SIGIR 2018, arXiv:1805.01788.

    Examples
    --------
    >>> ExposureFair(parity="equal").hooks
    frozenset({'rerank'})
    """

    parity: Literal["equal", "merit"] = "merit"
    k: int = 20

    def __post_init__(self) -> None:
        if self.parity not in ("equal", "merit"):
            raise unknown("parity of exposure", self.parity, ("equal", "merit"))
        if self.k < 1:
            raise InputError(f"ExposureFair's k must be at least 1, got {self.k}")

    def rerank(self, ranking: Ranking, context: Context) -> Ranking:
        tail = context.slices.of == TAIL
        real = ranking.ids >= 0
        rare = tail[ranking.ids] & real
        if not rare.any() or not (real & ~rare).any():
            raise NotApplicable(
                "ExposureFair balances tail and other candidates, and these are all of one side"
            )
        wanted = relevance(ranking)
        owed = self._owed(rare, real, wanted)
        low, high = -1.1, 1.1
        less, more = (self._given(ranking.ids, wanted, rare, lift) for lift in (low, high))
        for _ in range(HALVINGS):
            middle, given, open_ = (low + high) / 2, less.copy(), less < more
            given[open_] = self._given(ranking.ids[open_], wanted[open_], rare[open_], middle)
            if given.sum() < owed:
                low, less = middle, given
            else:
                high, more = middle, given
        reached = float(np.clip(owed, less.sum(), more.sum()))
        if abs(reached - owed) > 1e-6 * owed:
            warnings.warn(
                f"{owed:.4g} units of exposure would be fair to the tail and these candidates "
                f"allow {reached:.4g}; keep more candidates",
                LongShelfWarning,
                stacklevel=2,
            )
        moved = np.cumsum(more - less) + less.sum()
        lifts = np.where(moved <= owed, high, low)[:, None]
        ids = sorted_by(ranking, wanted + np.where(rare, lifts, 0.0)).ids
        return replace(ranking, ids=ids)

    def _exposure(self, depth: int) -> FloatArray:
        place = np.arange(1, depth + 1)
        return np.where(place <= self.k, 1 / np.log2(place + 1), 0.0)

    def _owed(self, rare: BoolArray, real: BoolArray, wanted: FloatArray) -> float:
        """Exposure that makes both sides equal, summed over the lists."""
        total = float((real * self._exposure(real.shape[1])).sum())
        worth = real.astype(float) if self.parity == "equal" else wanted * real
        return total * float(worth[rare].sum() / max(worth.sum(), 1e-12))

    def _given(self, ids: IntArray, wanted: FloatArray, rare: BoolArray, lift: float) -> FloatArray:
        """Exposure of the tail in each list under a lift; (u,)."""
        worth = np.where(ids >= 0, wanted + lift * rare, -np.inf)
        order = np.argsort(-worth, axis=1, kind="stable")[:, : self.k]
        return np.asarray(np.take_along_axis(rare, order, axis=1) @ self._exposure(order.shape[1]))
