"""The same learners, judged as if every item had been shown equally often."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from longshelf.components import build
from longshelf.errors import InputError
from longshelf.splits.base import DROPPED, TEST, Assignment, Split
from longshelf.splits.per_user_ratio import PerUserRatio
from longshelf.tables import IntArray

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["Intervened"]


@dataclass(frozen=True, kw_only=True)
class Intervened(Split):
    """Keep the train and valid parts of another split; draw its test rows evenly over the items.

    A held-out row is drawn with a chance that falls with the held-out rows of its item, without
    replacement, so that popular items no longer decide [1]_ [2]_. Train and valid are those of
    the other split at the same seed: put both in one suite and compare. Held-out rows that are
    not drawn count as not relevant.

    Parameters
    ----------
    of : Split, default per_user_ratio
        Whose test rows are drawn from.
    share : float in (0, 1), default 0.2
        Share of them that is drawn: the smaller, the more even. Its effective number of items,
        1 / sum(p²) over the items' shares p, stands in the findings beside the natural one.

    Raises
    ------
    InputError
        If the share is not in (0, 1), or the other split lets its test part tune.

    References
    ----------
    .. [1] Bonner and Vasile, Causal Embeddings for Recommendation, RecSys 2018, section 5.1.
    .. [2] Zheng et al., Disentangling User Interest and Conformity, WWW 2021, section 4.1.
    """

    abstract: ClassVar[bool] = False

    of: Split = field(default_factory=PerUserRatio)
    share: float = 0.2

    def __post_init__(self) -> None:
        of: Any = self.of
        object.__setattr__(self, "of", build("split", of))
        if not 0 < self.share < 1:
            raise InputError(f"the share of the held-out rows must lie in (0, 1), got {self.share}")

    def assign(self, problem: Problem, seed: int) -> Assignment:
        natural = self.of.assign(problem, seed)
        if natural.peeking:
            raise InputError(
                "the split under intervened tunes on its test part; an intervened test set is "
                "only worth something unseen: leave out peeking=True"
            )
        pool = np.flatnonzero(natural.part == TEST)
        item = problem.strata[pool]
        chosen = pool[_evenly(item, self.share, np.random.default_rng([seed, 2]))]
        part = np.where(natural.part == TEST, DROPPED, natural.part)
        part[chosen] = TEST
        said = (
            f"the intervened test set holds {len(chosen):,} of {len(pool):,} held-out rows, as "
            f"even as {_effective(problem.strata[chosen]):,.0f} equally frequent targets; the "
            f"natural one is as even as {_effective(item):,.0f}"
        )
        return replace(natural, part=part, findings=(*natural.findings, said))


def _evenly(item: IntArray, share: float, rng: np.random.Generator) -> IntArray:
    """Positions drawn without replacement, each with weight one over the count of its item."""
    size = max(1, round(share * len(item)))
    if size >= len(item):
        return np.arange(len(item))
    arrival = rng.exponential(size=len(item)) * np.bincount(item)[item]
    return np.argpartition(arrival, size)[:size]


def _effective(item: IntArray) -> float:
    """Equally frequent items that would be as concentrated: the inverse Simpson index."""
    counts = np.bincount(item).astype(float)
    return float(counts.sum() ** 2 / (counts**2).sum()) if len(item) else 0.0
