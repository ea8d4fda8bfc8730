"""From the natural mix of classes to an even one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError
from longshelf.strategies.base import Stage, Strategy
from longshelf.strategies.sampling.class_balanced_sampling import ClassBalancedSampling
from longshelf.tables import FloatArray, Rows, Targets

__all__ = ["ProgressiveBalancing"]


@dataclass(frozen=True, kw_only=True)
class ProgressiveBalancing(Strategy):
    """Draw rows as they come at first, and targets evenly in the end.

    A row's probability moves along a line from ``1 / N`` to that of class-balanced sampling
    [1]_. The paper moves with every epoch, ours in stages of equal length, an epoch at least,
    each with its own rise and fall of the learning rate.

    Parameters
    ----------
    steps : int >= 2, default 3
        Stages; the first is natural, the last balanced.

    References
    ----------
    .. [1] Kang et al., Decoupling Representation and Classifier for Long-Tailed Recognition,
       ICLR 2020, arXiv:1910.09217, eq. 2.

    Examples
    --------
    >>> len(ProgressiveBalancing(steps=4).stages())
    4
    """

    steps: int = 3

    def __post_init__(self) -> None:
        if self.steps < 2:
            raise InputError(f"ProgressiveBalancing needs at least 2 steps, got {self.steps}")

    def stages(self) -> Sequence[Stage]:
        return [
            Stage(1 / self.steps, strategy=_Between(balance=at / (self.steps - 1)))
            for at in range(self.steps)
        ]


@dataclass(frozen=True, kw_only=True)
class _Between(Strategy):
    """Draw a share of the rows class-balanced, the others as they come."""

    balance: float

    def sample(self, rows: Rows, targets: Targets) -> FloatArray:
        even = ClassBalancedSampling().sample(rows, targets)
        return np.asarray((1 - self.balance) / len(rows) + self.balance * even)
