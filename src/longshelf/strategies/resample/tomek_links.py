"""Removal of Tomek links."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.strategies.base import Strategy
from longshelf.strategies.resample import delivery
from longshelf.tables import IntArray, Matrix, Resampled, Rows, Targets

__all__ = ["TomekLinks", "linked"]


def linked(X: Matrix, code: IntArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Rows that are nearest to a row of another target which is nearest to them; (n,)."""
    from longshelf.strategies.resample.neighbours import nearest_other

    near = nearest_other(X)
    return np.asarray((near[near] == np.arange(len(code))) & (code[near] != code))


@dataclass(frozen=True, kw_only=True)
class TomekLinks(Strategy):
    """Drop rows that form a Tomek link, in every target but the smallest.

    Two rows of different targets, each nearest to the other, mark noise or the border [1]_.

    References
    ----------
    .. [1] Tomek, Two Modifications of CNN, IEEE Transactions SMC 1976. Kept rows are those of
       imbalanced-learn's ``TomekLinks``, up to ties of distance, by a faster search.

    Examples
    --------
    >>> TomekLinks().hooks
    frozenset({'resample'})
    """

    def resample(
        self, X: Matrix, rows: Rows, targets: Targets, rng: np.random.Generator
    ) -> Resampled:
        code = delivery.codes(rows, "TomekLinks")
        X = delivery.features(X, rows, "TomekLinks")
        counts = targets.count(code)
        present = np.flatnonzero(counts)
        if len(present) < 2:
            return Resampled(np.arange(len(code)))
        rarest = present[np.argmin(counts[present])]
        return Resampled(np.flatnonzero(~linked(X, code) | (code == rarest)))
