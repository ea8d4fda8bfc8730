"""The default split: every class that can be is in every part, equal texts stay together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.splits.base import TEST, TRAIN, VALID, Assignment, Split, shares_checked
from longshelf.tables import FloatArray, IntArray

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["Stratified", "group_strata"]


@dataclass(frozen=True, kw_only=True)
class Stratified(Split):
    """Draw each class's groups of equal rows into train, valid and test.

    A class with three groups or more reaches all three parts; rarer ones stay in train, and the
    findings say so. A group whose rows disagree on the class counts for the rarest of them.

    Parameters
    ----------
    valid, test : float in (0, 1), default 0.2
        Share of each class's groups.

    Raises
    ------
    InputError
        If the shares leave nothing to learn from.
    """

    abstract: ClassVar[bool] = False

    valid: float = 0.2
    test: float = 0.2

    def __post_init__(self) -> None:
        shares_checked(self.valid, self.test)

    def assign(self, problem: Problem, seed: int) -> Assignment:
        rng = np.random.default_rng([seed, 1])
        stratum, size = group_strata(problem)
        order, rank = shuffled_rank(stratum, rng)
        groups = size[stratum[order]]
        test = np.maximum(1, np.round(self.test * groups))
        valid = np.maximum(1, np.round(self.valid * groups))
        part = np.select(
            [groups < 3, rank < test, rank < test + valid], [TRAIN, TEST, VALID], TRAIN
        )
        of_group = np.empty(len(stratum), dtype=np.int64)
        of_group[order] = part
        return Assignment(of_group[problem.keys], _findings(problem, size))


def group_strata(problem: Problem) -> tuple[IntArray, FloatArray]:
    """The class of each group of equal rows (its rarest), and groups per class."""
    stratum = problem.strata
    counts = np.bincount(stratum)
    rarest_first = np.argsort(counts[stratum], kind="stable")
    _, first = np.unique(problem.keys[rarest_first], return_index=True)
    of_group = stratum[rarest_first[first]]
    return of_group, np.bincount(of_group, minlength=len(counts)).astype(float)


def shuffled_rank(stratum: IntArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """A random order sorted by stratum, and each entry's rank within its stratum."""
    shuffled = rng.permutation(len(stratum))
    order = shuffled[np.argsort(stratum[shuffled], kind="stable")]
    sizes = np.bincount(stratum)
    starts = np.cumsum(sizes) - sizes
    return order, np.arange(len(order)) - starts[stratum[order]]


def _findings(problem: Problem, groups: FloatArray) -> tuple[str, ...]:
    rare = np.flatnonzero((groups > 0) & (groups < 3))
    if not len(rare) or problem.targets.kind != "class":
        return ()
    named = ", ".join(map(str, problem.targets.names[rare][:10]))
    more = f" and {len(rare) - 10} more" if len(rare) > 10 else ""
    return (
        f"{len(rare)} classes have fewer than 3 distinct rows and stay in train only: {named}{more}",
    )
