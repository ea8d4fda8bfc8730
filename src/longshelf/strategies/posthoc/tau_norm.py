"""Tau-normalised classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from longshelf.corrections import Correction
from longshelf.errors import NotApplicable
from longshelf.quick import quick_score
from longshelf.strategies.base import Strategy
from longshelf.tables import Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.base import Fitted, Head

__all__ = ["TauNorm"]

GRID = tuple(np.arange(0.0, 2.01, 0.1).round(1).tolist())


@dataclass(frozen=True, kw_only=True)
class TauNorm(Strategy):
    """Divide the weights of each target by their length to the power tau, and drop the bias.

    Frequent targets grow long weight vectors; scaling them back moves the decisions [1]_. Reads
    the learner's own scores, so it comes first among corrections. A target without a training row
    keeps its bias and is scaled like the longest vector, so that it is never raised.

    Parameters
    ----------
    tau : float or None, default None
        None chooses it from 0 to 2 by macro-F1 on the validation part.

    Raises
    ------
    NotApplicable
        If the model has no linear head.

    References
    ----------
    .. [1] Kang et al., Decoupling Representation and Classifier for Long-Tailed Recognition,
       ICLR 2020, arXiv:1910.09217, eq. 4.

    Examples
    --------
    >>> TauNorm(tau=1.0).hooks
    frozenset({'correct'})
    """

    tau: float | None = None

    def correct(self, fitted: Fitted, valid: Valid, targets: Targets) -> Correction:
        head = fitted.head
        if head is None:
            raise NotApplicable("TauNorm scales the weights of a linear head; this model has none")
        if self.tau is not None:
            return self._scaled(head, targets, self.tau)
        scores = valid.scores
        if scores is None:
            raise NotApplicable("lists keep no scores to choose tau by; give TauNorm a tau")
        options = [self._scaled(head, targets, tau) for tau in GRID]
        gained = [quick_score(each.apply(scores), valid.rows.y, targets) for each in options]
        return options[int(np.argmax(gained))]

    @staticmethod
    def _scaled(head: Head, targets: Targets, tau: float) -> Correction:
        length = np.linalg.norm(head.weight, axis=1).astype(float).clip(1e-12)
        absent = targets.natural == 0
        length[absent] = length.max()
        scale = length**-tau
        return Correction(scale=scale, shift=np.where(absent, 0.0, -head.bias * scale))
