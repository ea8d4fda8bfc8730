"""Two rankers in one list: users compare them within a visit, so far fewer visits decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc

from longshelf.errors import InputError
from longshelf.tables import FloatArray, IntArray
from longshelf.trials.effects import Effect, mean_of
from longshelf.trials.off_policy import summed

__all__ = ["Preference", "credit", "preferred", "team_draft"]


def team_draft(
    one: Sequence[object], two: Sequence[object], k: int, rng: np.random.Generator
) -> tuple[list[object], list[int]]:
    """Draft one list from two, as captains pick teams [1]_.

    In each round a coin says who picks first; each side picks its best item not yet picked. Items
    that both would show at the same place go to either side with equal chance, so on identical
    lists neither can win.

    Parameters
    ----------
    one, two : sequences
        The lists, best first, without repeats.
    k : int
        Places.
    rng : numpy.random.Generator
        Throws the coins.

    Returns
    -------
    tuple of two lists
        Items, and the team each was picked by: 0 for ``one``, 1 for ``two``.

    Raises
    ------
    InputError
        Fewer than one place.

    References
    ----------
    .. [1] Radlinski, Kurup and Joachims, How Does Clickthrough Data Reflect Retrieval Quality?,
       CIKM 2008, algorithm 2.

    Examples
    --------
    >>> team_draft("abc", "bad", 3, np.random.default_rng(3))
    (['b', 'a', 'c'], [1, 0, 0])
    """
    if k < 1:
        raise InputError(f"a list needs one place or more, got {k}")
    items: list[object] = []
    teams: list[int] = []
    taken: set[object] = set()
    sides = (iter(one), iter(two))
    while len(items) < k:
        before = len(items)
        first = int(rng.integers(2))
        for side in (first, 1 - first):
            pick = next((item for item in sides[side] if item not in taken), None)
            if pick is not None and len(items) < k:
                taken.add(pick)
                items.append(pick)
                teams.append(side)
        if len(items) == before:
            break
    return items, teams


def credit(teams: IntArray, clicked: FloatArray) -> FloatArray:
    """Clicks on team 1's items less those on team 0's, per visit; (V,).

    Parameters
    ----------
    teams : (V, k) int array
        0 or 1; other values are padding.
    clicked : (V, k) array
        1 where clicked.

    Examples
    --------
    >>> credit(np.array([[0, 1, 1]]), np.array([[0, 1, 1]])).tolist()
    [2.0]
    """
    signs = np.where(teams == 1, 1.0, np.where(teams == 0, -1.0, 0.0))
    return np.asarray((signs * clicked).sum(axis=1))


@dataclass(frozen=True, kw_only=True)
class Preference:
    """Which side users' clicks prefer.

    Parameters
    ----------
    wins, losses, ties : int
        Users (or visits) whose clicks favoured the second list, the first, or neither.
    p : float
        Two-sided sign test over wins and losses; for one look at a fixed time.
    effect : Effect
        Mean credit per user, for :func:`~longshelf.trials.always_valid`.
    """

    wins: int
    losses: int
    ties: int
    p: float
    effect: Effect

    @property
    def share(self) -> float:
        """Share of wins, ties counting half; 0.5 is no preference."""
        whole = self.wins + self.losses + self.ties
        return (self.wins + self.ties / 2) / whole if whole else 0.5


def preferred(votes: FloatArray, user: IntArray | None = None) -> Preference:
    """Test the second list against the first on credits from clicks.

    Parameters
    ----------
    votes : (V,) float array
        From :func:`credit`, one per visit.
    user : (V,) int array, optional
        Visits of one user are summed: a user is one vote. Without, each visit is.

    Raises
    ------
    InputError
        No visits.

    Examples
    --------
    >>> found = preferred(np.array([1.0, 1, 1, 1, 1, 1, 0, -1]))
    >>> found.wins, found.losses, found.p
    (6, 1, 0.125)
    """
    if user is not None:
        votes = summed(votes, user)
    mean = mean_of(votes)
    wins, losses = int((votes > 0).sum()), int((votes < 0).sum())
    more, decided = max(wins, losses), wins + losses
    tail = float(betainc(more, decided - more + 1, 0.5)) if decided else 1.0
    effect = Effect(
        arm=mean.value,
        plain=0.0,
        arm_variance=mean.variance,
        plain_variance=0.0,
        n=len(votes),
        smaller=len(votes),
    )
    ties = len(votes) - decided
    return Preference(wins=wins, losses=losses, ties=ties, p=min(2 * tail, 1.0), effect=effect)
