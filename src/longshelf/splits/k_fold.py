"""Cross-validation, repeated: the seed counts folds, then repeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.splits.base import TEST, TRAIN, VALID, Assignment, Split
from longshelf.splits.stratified import group_strata, shuffled_rank

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = ["KFold"]


@dataclass(frozen=True, kw_only=True)
class KFold(Split):
    """Stratified folds over groups of equal rows; seed s judges fold ``s % folds`` of repeat
    ``s // folds``.

    The fold after the judged one validates, the others train. Ten seeds with five folds are two
    full repeats.

    Parameters
    ----------
    folds : int >= 3, default 5

    Raises
    ------
    InputError
        If fewer than three folds are asked for.
    """

    abstract: ClassVar[bool] = False

    folds: int = 5

    def __post_init__(self) -> None:
        if self.folds < 3:
            raise InputError(f"k_fold needs at least 3 folds, got {self.folds}")

    def assign(self, problem: Problem, seed: int) -> Assignment:
        repeat, fold = divmod(seed, self.folds)
        stratum, size = group_strata(problem)
        rng = np.random.default_rng([repeat, 1])
        order, rank = shuffled_rank(stratum, rng)
        start = rng.integers(self.folds, size=len(size))
        of_group = np.empty(len(stratum), dtype=np.int64)
        of_group[order] = (rank + start[stratum[order]]) % self.folds
        of_group[size[stratum] < 3] = -1
        judged = of_group[problem.keys]
        part = np.select([judged == fold, judged == (fold + 1) % self.folds], [TEST, VALID], TRAIN)
        return Assignment(part)
