"""A control, not a remedy: how few rows of a class are enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError, NotApplicable, unknown
from longshelf.slices import RULES, cut
from longshelf.strategies.base import Strategy
from longshelf.strategies.resample.delivery import asked, codes
from longshelf.tables import Matrix, Resampled, Rows, Targets

__all__ = ["FewShot"]

PARTS = ("head", "torso", "tail", "all")


@dataclass(frozen=True, kw_only=True)
class FewShot(Strategy):
    """Keep k training rows of each class of one slice, and all rows of the others.

    An experimental control that throws data away: it tells what a model would do with classes of
    k rows. For one seed the rows kept at a smaller k are among those kept at a larger one. Slices
    are cut from natural counts, so head, torso and tail stay what they were. The validation part
    keeps all its rows: read the arg max, since tuned decisions and early stopping know more than k
    rows.

    Parameters
    ----------
    k : int >= 0, default 3
        Rows kept of each class; 0 leaves none.
    part : {"tail", "torso", "head", "all"}, default "tail"
        Classes that are thinned.
    rule : str, default "mass"
        How slices are cut.

    Raises
    ------
    InputError
        If an argument is out of range.
    NotApplicable
        If a row has several targets, or none would be left.

    Notes
    -----
    The k-shot setting is that of Wang et al., Generalizing from a Few Examples, ACM Computing
    Surveys 2020, arXiv:1904.05046, with the classes that are not thinned as the base classes.

    Examples
    --------
    >>> FewShot(k=5).hooks
    frozenset({'resample'})
    """

    k: int = 3
    part: str = "tail"
    rule: str = "mass"

    def __post_init__(self) -> None:
        if self.k < 0:
            raise InputError(f"FewShot's k must be 0 or more, got {self.k}")
        if self.part not in PARTS:
            raise unknown("part", self.part, PARTS)
        if self.rule not in RULES:
            raise unknown("slice rule", self.rule, RULES)

    def resample(
        self, X: Matrix, rows: Rows, targets: Targets, rng: np.random.Generator
    ) -> Resampled:
        code = codes(rows, "FewShot")
        thinned = np.ones(len(targets), bool)
        if self.part != "all":
            members = cut(targets.natural, self.rule).members
            thinned = members.get(self.part, ~thinned)
        order = rng.permutation(len(code))
        by_class = order[np.argsort(code[order], kind="stable")]
        rank = np.arange(len(code)) - np.searchsorted(code[by_class], code[by_class])
        kept = np.sort(by_class[(rank < self.k) | ~thinned[code[by_class]]])
        if not len(kept):
            raise NotApplicable(f"FewShot(k={self.k}, part={self.part!r}) leaves no training row")
        present = np.flatnonzero(thinned & (targets.count(code) > 0))
        return Resampled(kept, asked=asked({int(c): self.k for c in present}, targets))
