"""Now and then, something the model would not show."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from longshelf.cache import digest
from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.tables import BoolArray, Context, IntArray, Ranking

__all__ = ["EpsilonGreedy"]


@dataclass(frozen=True, kw_only=True)
class EpsilonGreedy(Strategy):
    """Give each place of a list, with probability epsilon, to an item drawn from the catalogue.

    What a shop never shows it never learns about; exploration buys that knowledge with places
    [1]_. Drawn are items the source has no history with, uniformly; a place whose draw stands in
    the list already keeps its own. Lists are cut to ``k``. The draw follows from the lists and the
    counts, so equal inputs get equal lists and a log that has grown gets fresh ones.

    Parameters
    ----------
    epsilon : float in [0, 1], default 0.1
        Share of the places explored.
    k : int >= 1, default 20
        Places of a list.
    seed : int >= 0, default 0
        Another seed draws other items.

    References
    ----------
    .. [1] Li et al., A Contextual-Bandit Approach to Personalized News Article Recommendation,
       WWW 2010, arXiv:1003.0146.

    Examples
    --------
    >>> EpsilonGreedy(epsilon=0.05).hooks
    frozenset({'rerank'})
    """

    epsilon: float = 0.1
    k: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.epsilon <= 1 or self.k < 1 or self.seed < 0:
            raise InputError(
                "EpsilonGreedy needs epsilon in [0, 1], k from 1 and seed from 0, got "
                f"{self.epsilon}, {self.k} and {self.seed}"
            )

    def rerank(self, ranking: Ranking, context: Context) -> Ranking:
        kept = ranking.top(self.k)
        drawn_from = int(digest(kept.ids, context.targets.natural)[:15], 16)
        rng = np.random.default_rng([self.seed, drawn_from])
        explored = (rng.random(kept.ids.shape) < self.epsilon) & (kept.ids >= 0)
        row, place = np.nonzero(explored)
        drawn = rng.integers(len(context.targets), size=len(row))
        fresh = _fresh(kept, context, row, drawn)
        ids = kept.ids.copy()
        ids[row[fresh], place[fresh]] = drawn[fresh]
        return replace(kept, ids=ids)


def _fresh(kept: Ranking, context: Context, row: IntArray, drawn: IntArray) -> BoolArray:
    """Draws that are new to the source, not in its list, and the first of their kind there; (d,)."""
    if len(row) == 0:
        return np.zeros(0, dtype=bool)
    known = np.asarray(context.history[kept.sources[row], drawn]).reshape(-1) > 0
    listed = (kept.ids[row] == drawn[:, None]).any(axis=1)
    first = np.zeros(len(row), dtype=bool)
    first[np.unique(row * len(context.targets) + drawn, return_index=True)[1]] = True
    return np.asarray(~known & ~listed & first)
