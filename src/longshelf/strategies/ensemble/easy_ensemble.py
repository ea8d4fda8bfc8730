"""EasyEnsemble."""

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

__all__ = ["EasyEnsemble"]


@dataclass(frozen=True, kw_only=True)
class EasyEnsemble(Strategy):
    """Fit the model on several under-sampled parts and average the probabilities.

    Each member sees few rows of the frequent targets, all together see most of them [1]_.

    Parameters
    ----------
    members : int >= 1, default 10
    to : int, "median" or "balance", default "median"
        Most rows of a target in one part, as for :class:`RandomUnder`: with two targets the
        smaller count.

    References
    ----------
    .. [1] Liu et al., Exploratory Undersampling for Class-Imbalance Learning, IEEE SMC-B 2009,
       algorithm 1, with any model in place of AdaBoost.

    Examples
    --------
    >>> EasyEnsemble(members=4).hooks
    frozenset({'fit'})
    """

    members: int = 10
    to: int | Literal["median", "balance"] = "median"

    def __post_init__(self) -> None:
        if self.members < 1:
            raise InputError(f"EasyEnsemble needs at least 1 member, got {self.members}")
        validate_floor("EasyEnsemble", self.to, ("median", "balance"))

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

        code = codes(rows, "EasyEnsemble")
        goal = cap_counts(targets.count(code), self.to)
        fitted = []
        for stream in rng.spawn(self.members):
            index = capped(code, goal, stream)
            fitted.append(fit_part(model, X, rows, index, valid, targets, strategy, stream))
        return Members(fitted, targets)
