"""Clicks weighed by how far down they were."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.weight.per_row import mean_one
from longshelf.tables import FloatArray, Rows, Targets

__all__ = ["PositionBias"]


@dataclass(frozen=True, kw_only=True)
class PositionBias(Strategy):
    """Weigh a click at place r by ``1 / theta_r``, the inverse of the chance of a look there.

    A click far down says more about the target than one at the top, which everybody sees [1]_.
    Rows of an item task are clicks; of two classes the rarer is the click and the other rows
    weigh 1 before the mean is set to 1. Rows without a place count as the first.

    Parameters
    ----------
    column : str, default "position"
        Where the place stands, from 1, among the inputs or the groups.
    eta : float >= 0, default 1.0
        ``theta_r = r**-eta``; 0 leaves the rows alone.
    clip : float in (0, 1], default 0.05
        No theta is below.

    Raises
    ------
    NotApplicable
        If rows have no place, or are neither clicks nor of two classes.

    References
    ----------
    .. [1] Joachims et al., Unbiased Learning-to-Rank with Biased Feedback, WSDM 2017,
       arXiv:1608.04468, eq. 5 and section 6.1.

    Examples
    --------
    >>> PositionBias(eta=0.7).hooks
    frozenset({'weigh'})
    """

    column: str = "position"
    eta: float = 1.0
    clip: float = 0.05

    def __post_init__(self) -> None:
        if self.eta < 0 or not 0 < self.clip <= 1:
            raise InputError(
                f"PositionBias needs eta from 0, clip in (0, 1], got {self.eta} and {self.clip}"
            )

    def weigh(self, rows: Rows, targets: Targets) -> FloatArray:
        theta = np.maximum(self._place(rows) ** -self.eta, self.clip)
        if targets.kind == "item":
            return mean_one(1 / theta)
        if targets.kind != "class" or len(targets) != 2:
            raise NotApplicable(
                "PositionBias weighs clicks: targets are items or two classes, "
                f"not {len(targets)} of kind {targets.kind}"
            )
        click = rows.code == int(np.argmin(targets.natural))
        return mean_one(np.where(click, 1 / theta, 1.0))

    def _place(self, rows: Rows) -> FloatArray:
        frame = next((f for f in (rows.inputs, rows.groups) if self.column in f.columns), None)
        if frame is None:
            raise NotApplicable(
                f"PositionBias reads the place of each row from {self.column!r} and there is no "
                "such column among the inputs or groups"
            )
        place = frame[self.column].cast(pl.Float64, strict=False).fill_null(1.0)
        return np.asarray(np.maximum(place.to_numpy(), 1.0))
