"""Costs of confusing one target with another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from longshelf.corrections import Correction
from longshelf.errors import InputError, NotApplicable, unknown
from longshelf.strategies.base import Strategy
from longshelf.strategies.weight.per_row import mean_one, per_row
from longshelf.tables import FloatArray, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.base import Fitted

__all__ = ["CostMatrix"]

BUILDERS = ("inverse_frequency", "taxonomy", "money")


@dataclass(frozen=True, kw_only=True)
class CostMatrix(Strategy):
    """Count errors by what they cost: in the loss, or in the decision, never in both.

    ``W[true, decided]`` has a zero diagonal [1]_. At the loss each row weighs the mean cost of
    getting its target wrong; at the decision the cheapest expected cost under calibrated
    probabilities wins, ``argmin_j sum_c p_c W[c, j]``.

    Parameters
    ----------
    costs : {"inverse_frequency", "taxonomy", "money"} or C rows of C floats
        ``inverse_frequency``: ``N / (C n_c)`` for any error on class c, counts as the learner
        meets them at the loss, natural ones at the decision. ``taxonomy``: 0.5 within one parent category, 1 across. ``money``: two targets, see
        ``miss`` and ``false_alarm``. Default ``inverse_frequency``.
    at : {"loss", "decision"}, default "loss"
    miss, false_alarm : float > 0, default 1.0
        With ``money``: cost of missing the second target, and of announcing it in vain.

    References
    ----------
    .. [1] Elkan, The Foundations of Cost-Sensitive Learning, IJCAI 2001, eq. 1.

    Examples
    --------
    >>> CostMatrix(costs="money", miss=20.0, at="decision").hooks
    frozenset({'correct'})
    """

    costs: str | Sequence[Sequence[float]] = "inverse_frequency"
    at: Literal["loss", "decision"] = "loss"
    miss: float = 1.0
    false_alarm: float = 1.0

    def __post_init__(self) -> None:
        if self.at not in ("loss", "decision"):
            raise unknown("place of a cost matrix", self.at, ("loss", "decision"))
        if isinstance(self.costs, str):
            if self.costs not in BUILDERS:
                raise unknown("cost matrix", self.costs, BUILDERS)
            return
        rows = tuple(tuple(float(cost) for cost in row) for row in self.costs)
        object.__setattr__(self, "costs", rows)
        if any(len(row) != len(rows) for row in rows) or min(map(min, rows)) < 0:
            raise InputError(f"a cost matrix is square and not negative, got {rows}")

    @property
    def hooks(self) -> frozenset[str]:
        return frozenset({"weigh" if self.at == "loss" else "correct"})

    def matrix(self, targets: Targets) -> FloatArray:
        """Cost of deciding column j when row i is true; (C, C).

        Raises
        ------
        InputError
            If a given matrix has another number of targets.
        NotApplicable
            If the targets have no parents, or are not two, where the builder needs that.
        """
        size = len(targets)
        if not isinstance(self.costs, str):
            if len(self.costs) != size:
                raise InputError(f"the cost matrix is for {len(self.costs)} targets, not {size}")
            return np.array(self.costs)
        if self.costs == "money":
            if size != 2:
                raise NotApplicable(f"miss and false alarm are for two targets, not {size}")
            return np.array([[0.0, self.false_alarm], [self.miss, 0.0]])
        if self.costs == "taxonomy":
            if targets.parents is None:
                raise NotApplicable("the targets have no parents; costs by taxonomy need them")
            costs = np.where(targets.parents[:, None] == targets.parents[None, :], 0.5, 1.0)
        else:
            counts = np.maximum(targets.seen if self.at == "loss" else targets.natural, 1.0)
            costs = np.repeat((counts.sum() / (size * counts))[:, None], size, axis=1)
        np.fill_diagonal(costs, 0.0)
        return costs

    def weigh(self, rows: Rows, targets: Targets) -> FloatArray:
        if self.at == "decision":
            return np.ones(len(rows))
        return mean_one(per_row(self.matrix(targets).sum(axis=1), rows.code))

    def correct(self, fitted: Fitted, valid: Valid, targets: Targets) -> Correction:
        if self.at == "loss":
            return Correction()
        if targets.kind != "class":
            raise NotApplicable(f"costs decide between classes, not {targets.kind} targets")
        return Correction(costs=self.matrix(targets))
