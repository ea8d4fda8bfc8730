"""Balanced bagging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.resample.delivery import codes, validate_floor
from longshelf.strategies.resample.random_under import cap_counts, capped
from longshelf.tables import Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.base import Fitted, Model

__all__ = ["BalancedBagging"]


@dataclass(frozen=True, kw_only=True)
class BalancedBagging(Strategy):
    """Fit the model on several bootstraps, each under-sampled, and average the probabilities.

    Unlike :class:`EasyEnsemble` the rows are drawn with replacement first [1]_, so a target of few
    rows may miss a member.

    Parameters
    ----------
    members : int >= 1, default 10
    to : int, "median" or "balance", default "median"
        Most rows of a target in one part, as for :class:`RandomUnder`.

    References
    ----------
    .. [1] Chen et al., Using Random Forest to Learn Imbalanced Data, UC Berkeley report 666, 2004,
       section 2.1, with any model in place of a tree; imbalanced-learn's
       ``BalancedBaggingClassifier``.

    Examples
    --------
    >>> BalancedBagging(members=4).hooks
    frozenset({'fit'})
    """

    members: int = 10
    to: int | Literal["median", "balance"] = "median"

    def __post_init__(self) -> None:
        if self.members < 1:
            raise InputError(f"BalancedBagging needs at least 1 member, got {self.members}")
        validate_floor("BalancedBagging", self.to, ("median", "balance"))

    def fit(
        self,
        model: Model,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Fitted:
        from longshelf.strategies.ensemble.members import Members, fit_part

        code = codes(rows, "BalancedBagging")
        fitted = []
        for stream in rng.spawn(self.members):
            drawn = stream.integers(len(code), size=len(code))
            goal = cap_counts(targets.count(code[drawn]), self.to)
            index = drawn[capped(code[drawn], goal, stream)]
            fitted.append(fit_part(model, X, rows, index, valid, targets, strategy, stream))
        return Members(fitted, targets)
