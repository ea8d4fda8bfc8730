"""Who sees which arm: the same unit always the same, and no trial knows of another."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from itertools import accumulate
from math import inf

from longshelf.errors import InputError, unknown

__all__ = ["Trial"]

BYTES = 8
CLOSE = 1e-9


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Arms of one experiment and their shares of the units.

    A unit's place in [0, 1) is a BLAKE2b hash of salt, name and unit; the first arm whose
    cumulative share lies above it is the unit's arm. No table of units is kept, every worker gives
    the same answer, and trials of different names place units independently.

    Parameters
    ----------
    name : str
        Of the trial; another name is another draw.
    arms : tuple of str
        At least two, the first being what the others are compared with.
    shares : tuple of float, default equal
        Probability of each arm, summing to 1. An arm may have 0.
    salt : str, default ""
        A secret or a season; another salt is another draw.

    Raises
    ------
    InputError
        No name, fewer than two arms, arms that repeat, or shares that do not fit.

    Examples
    --------
    >>> trial = Trial(name="ranker", arms=("plain", "remedied"))
    >>> trial.arm_of("user 1") == trial.arm_of("user 1"), trial.share_of("plain")
    (True, 0.5)
    """

    name: str
    arms: tuple[str, ...]
    shares: tuple[float, ...] = ()
    salt: str = ""

    def __post_init__(self) -> None:
        arms = tuple(self.arms)
        shares = tuple(float(share) for share in self.shares) or (1 / max(len(arms), 1),) * len(
            arms
        )
        object.__setattr__(self, "arms", arms)
        object.__setattr__(self, "shares", shares)
        if not self.name:
            raise InputError("a trial needs a name; it decides who sees which arm")
        if len(arms) < 2 or len(set(arms)) < len(arms) or not all(arms):
            raise InputError(f"trial {self.name!r} needs two or more different arms, got {arms}")
        if len(shares) != len(arms):
            raise InputError(
                f"trial {self.name!r} has {len(arms)} arms and {len(shares)} shares; give one each"
            )
        if min(shares) < 0 or not abs(sum(shares) - 1) < CLOSE:
            raise InputError(
                f"shares of trial {self.name!r} must be 0 or more and sum to 1, got {shares}"
            )

    @cached_property
    def _bounds(self) -> list[float]:
        """Where each arm ends; from the last with a share on, nothing lies beyond."""
        last = max(arm for arm, share in enumerate(self.shares) if share > 0)
        return [*list(accumulate(self.shares))[:last], inf]

    @cached_property
    def _prefix(self) -> bytes:
        return f"{len(self.salt)}:{self.salt}{len(self.name)}:{self.name}".encode()

    def arm_of(self, unit: str) -> str:
        """The arm of a user, session or request.

        Parameters
        ----------
        unit : str
            What is randomised; a pseudonym does as well as a name.
        """
        digest = blake2b(self._prefix + unit.encode(), digest_size=BYTES).digest()
        place = (int.from_bytes(digest) >> 11) / 2**53
        return self.arms[bisect_right(self._bounds, place)]

    def share_of(self, arm: str) -> float:
        """The probability of an arm: the propensity to log with its exposures.

        Raises
        ------
        InputError
            Unknown arm.
        """
        if arm not in self.arms:
            raise unknown(f"arm of trial {self.name!r}", arm, self.arms)
        return self.shares[self.arms.index(arm)]

    def with_shares(self, shares: tuple[float, ...]) -> Trial:
        """The same trial at other shares, as a bandit sets them.

        Units move to other arms only as far as the shares make them.

        Raises
        ------
        InputError
            Shares that do not fit the arms.

        Examples
        --------
        >>> Trial(name="t", arms=("a", "b")).with_shares((0.9, 0.1)).share_of("b")
        0.1
        """
        return replace(self, shares=shares)
