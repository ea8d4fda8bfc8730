"""Class-balanced weights by the effective number of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.weight.per_row import mean_one, per_row
from longshelf.tables import FloatArray, Rows, Targets

__all__ = ["EffectiveNumber"]


@dataclass(frozen=True, kw_only=True)
class EffectiveNumber(Strategy):
    """Weigh each row by the inverse effective number of its target.

    A target seen ``n`` times counts as ``(1 - beta**n) / (1 - beta)`` distinct rows [1]_: the
    rarer the target, the heavier its rows. Above ``1 / (1 - beta)`` rows the weight is flat.

    Parameters
    ----------
    beta : float in [0, 1), default 0.999
        0 leaves the rows alone; towards 1 it becomes inverse frequency.

    References
    ----------
    .. [1] Cui et al., Class-Balanced Loss Based on Effective Number of Samples, CVPR 2019,
       arXiv:1901.05555, eq. 4.

    Examples
    --------
    >>> EffectiveNumber(beta=0.99).hooks
    frozenset({'weigh'})
    """

    beta: float = 0.999

    def __post_init__(self) -> None:
        if not 0 <= self.beta < 1:
            raise InputError(f"EffectiveNumber's beta must be in [0, 1), got {self.beta}")

    def weigh(self, rows: Rows, targets: Targets) -> FloatArray:
        effective = (1 - self.beta ** np.maximum(targets.seen, 1.0)) / (1 - self.beta)
        return mean_one(per_row(1 / effective, rows.code))
