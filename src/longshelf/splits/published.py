"""The split a data set was published with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl

from longshelf.errors import InputError, unknown
from longshelf.splits.base import DROPPED, TEST, TRAIN, VALID, Assignment, Split
from longshelf.splits.per_user_ratio import shuffled_places
from longshelf.splits.sources import cold, sources
from longshelf.tables import IntArray

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["Published"]

NAMES = {"train": TRAIN, "valid": VALID, "validation": VALID, "dev": VALID, "test": TEST}


@dataclass(frozen=True, kw_only=True)
class Published(Split):
    """Read the part of each row from a column that says train, valid or test.

    Where only train and test are published, the seed carves valid from train: of interactions a
    share of each user's rows, else a share of the groups of equal rows. The test part is the
    published one either way.

    Parameters
    ----------
    column : str, default "split"
    valid : float in (0, 1), default 0.1
        Share of the published train rows that validate, where no valid part is published.
    peeking : bool, default False
        Validate on the test part itself, as many published figures do: every row of train is
        learned from and the best *test* epoch is kept. To reproduce such figures only; the
        findings say ``protocol: published``.

    Raises
    ------
    InputError
        If the column is absent or lacks train or test, or peeking is asked of data that publish
        a valid part.
    """

    abstract: ClassVar[bool] = False

    column: str = "split"
    valid: float = 0.1
    peeking: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.valid < 1:
            raise InputError(f"the share valid={self.valid} must lie in (0, 1)")

    @property
    def given(self) -> bool:
        return True

    @property
    def redrawn(self) -> bool:
        return False

    @property
    def seeded(self) -> bool:
        """Where no valid part is published, the seed carves one from train."""
        return not self.peeking

    def assign(self, problem: Problem, seed: int) -> Assignment:
        part = self._said(problem)
        if (part == VALID).any():
            if self.peeking:
                raise InputError(
                    f"column {self.column!r} publishes a valid part, so nothing needs to tune on "
                    "the test part: leave out peeking=True"
                )
            return Assignment(part, _new(problem, part))
        if self.peeking:
            said = "protocol: published (the test part also tunes and stops, as in the paper)"
            return Assignment(part, (said, *_new(problem, part)), peeking=True)
        rng = np.random.default_rng([seed, 1])
        train = np.flatnonzero(part == TRAIN)
        carved = train[_carved(problem, train, self.valid, rng)]
        part[carved] = VALID
        said = (
            f"no valid part is published: {len(carved):,} of {len(train):,} training rows, drawn "
            "by the seed, validate"
        )
        return Assignment(part, (said, *_new(problem, part)))

    def _said(self, problem: Problem) -> IntArray:
        frame = problem.dataset.rows
        if self.column not in frame.columns:
            raise unknown("column that holds the split", self.column, frame.columns)
        said = frame[self.column].cast(pl.String).fill_null("")
        part = said.str.to_lowercase().replace_strict(NAMES, default=DROPPED, return_dtype=pl.Int8)
        of = part.to_numpy()[problem.rows.id].astype(np.int64)
        if {TRAIN, TEST} - set(np.unique(of).tolist()):
            known = ", ".join(sorted(set(said.unique().to_list()))[:10])
            raise InputError(
                f"column {self.column!r} must hold train and test, and may hold valid; "
                f"it holds: {known}"
            )
        return of


def _new(problem: Problem, part: IntArray) -> tuple[str, ...]:
    return cold(problem, part) if problem.targets.kind == "item" else ()


def _carved(problem: Problem, train: IntArray, share: float, rng: np.random.Generator) -> IntArray:
    """Which of the training rows validate; of a source or class of one row none does."""
    if problem.targets.kind == "item" and problem.tied is None:
        source = sources(problem)[train]
        before, size = shuffled_places(source, rng)
        spread = rng.random(int(source.max()) + 1)
        return np.asarray((before < np.floor(share * size + spread[source])) & (size > 1))
    group = np.unique(problem.keys[train], return_inverse=True)[1]
    rank = rng.permutation(int(group.max()) + 1)
    return np.asarray(rank[group] < max(1, round(share * len(rank))))
