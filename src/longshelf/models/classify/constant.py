"""A scorer that says the same of every row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.models.base import Head
from longshelf.tables import FloatArray, Matrix, Rows, Targets

__all__ = ["ABSENT", "Constant", "log_share"]

ABSENT = -30.0
"""Score of a class no training row has: exp(-30) of probability, and never a NaN."""


@dataclass(frozen=True)
class Constant:
    """The same scores for every row.

    Parameters
    ----------
    row : (C,) float array
    parameters : int
        Numbers learned.
    """

    row: FloatArray
    parameters: int

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        return np.repeat(self.row[None].astype(np.float32), X.shape[0], axis=0)


def log_share(rows: Rows, targets: Targets, weights: FloatArray) -> FloatArray:
    """Log share of each class, or log-odds of each label, floored at :data:`ABSENT`; (C,).

    Parameters
    ----------
    rows : Rows
        The training part.
    targets : Targets
        Classes or labels.
    weights : (n,) float array
        Weight of each row.
    """
    if targets.kind == "multilabel":
        share = np.average(rows.y, axis=0, weights=weights)
        with np.errstate(divide="ignore"):
            odds: FloatArray = np.log(share) - np.log1p(-share)
        return np.clip(odds, ABSENT, -ABSENT)
    share = np.bincount(rows.y, weights=weights, minlength=len(targets)) / weights.sum()
    with np.errstate(divide="ignore"):
        logs: FloatArray = np.log(share)
    return np.maximum(logs, ABSENT)
