"""Inverse propensity weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from longshelf.errors import InputError, NotApplicable, unknown
from longshelf.strategies.base import Strategy
from longshelf.strategies.weight.per_row import mean_one, per_row
from longshelf.tables import FloatArray, Rows, Targets

__all__ = ["Ips"]


@dataclass(frozen=True, kw_only=True)
class Ips(Strategy):
    """Weigh each row by the inverse of the probability that it came to be seen.

    ``1 / max(rho, clip)``: rows the shop rarely shows stand for those it never did [1]_. Weights
    have mean 1 over the training part, as all weights here; the factor is common to all rows.

    Parameters
    ----------
    by : {"logged", "popularity"}, default "popularity"
        ``logged``: the data's propensity column. ``popularity``: ``(n / n_max)**eta`` of the
        target, where nothing was logged.
    eta : float >= 0, default 0.5
        Only with ``popularity``.
    clip : float in (0, 1], default 0.01
        No propensity is below: bias for variance.

    Raises
    ------
    NotApplicable
        If ``logged`` is asked for and the data have no propensity.

    References
    ----------
    .. [1] Schnabel et al., Recommendations as Treatments, ICML 2016, arXiv:1602.05352, eq. 3; by
       popularity Saito et al., WSDM 2020, arXiv:1909.03601, section 5.1.

    Examples
    --------
    >>> Ips(by="logged").hooks
    frozenset({'weigh'})
    """

    by: Literal["logged", "popularity"] = "popularity"
    eta: float = 0.5
    clip: float = 0.01

    def __post_init__(self) -> None:
        if self.by not in ("logged", "popularity"):
            raise unknown("source of propensities", self.by, ("logged", "popularity"))
        if self.eta < 0 or not 0 < self.clip <= 1:
            raise InputError(
                f"{type(self).__name__} needs eta from 0 and clip in (0, 1], "
                f"got {self.eta} and {self.clip}"
            )

    def weigh(self, rows: Rows, targets: Targets) -> FloatArray:
        if self.by == "popularity":
            counts = np.maximum(targets.seen, 1.0)
            rho = (counts / counts.max()) ** self.eta
            return mean_one(per_row(1 / np.maximum(rho, self.clip), rows.code))
        if rows.propensity is None:
            raise NotApplicable(
                f"{type(self).__name__} reads the propensity of rows and these have none; name "
                f"the column in the schema, or use {type(self).__name__}(by='popularity')"
            )
        return mean_one(1 / np.maximum(np.nan_to_num(rows.propensity, nan=1.0), self.clip))
