"""Post-hoc logit adjustment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import logit

from longshelf.corrections import Correction
from longshelf.errors import NotApplicable, unknown
from longshelf.quick import quick_score
from longshelf.strategies.base import Strategy
from longshelf.strategies.posthoc.cold import never_raised
from longshelf.tables import FloatArray, Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.base import Fitted

__all__ = ["PostHocLogitAdjustment"]

GRID = tuple(np.arange(0.0, 2.01, 0.1).round(1).tolist())


@dataclass(frozen=True, kw_only=True)
class PostHocLogitAdjustment(Strategy):
    """Take ``tau * log prior`` off the scores after plain learning.

    At ``tau=1`` the arg max is that of balanced error [1]_; with several labels per row the term
    is ``tau * logit(prior)``, the prior a label's share of the rows: counts over the number of
    rows that follows from the labels per row of the validation part. A target without a training row is never raised above the least
    raised of the others.

    Parameters
    ----------
    tau : float or None, default 1.0
        None chooses it from 0 to 2 by macro-F1 on the validation part.
    prior : {"seen", "natural"}, default "seen"
        The prior the model was fitted on, or that of the training part before resampling. They
        differ only after a resampler or expander; taking off the natural one there corrects twice.

    References
    ----------
    .. [1] Menon et al., Long-Tail Learning via Logit Adjustment, ICLR 2021, arXiv:2007.07314,
       eq. 9.

    Examples
    --------
    >>> PostHocLogitAdjustment(tau=0.5).hooks
    frozenset({'correct'})
    """

    tau: float | None = 1.0
    prior: Literal["seen", "natural"] = "seen"

    def __post_init__(self) -> None:
        if self.prior not in ("seen", "natural"):
            raise unknown("prior", self.prior, ("seen", "natural"))

    def correct(self, fitted: Fitted, valid: Valid, targets: Targets) -> Correction:
        if targets.kind == "value":
            raise NotApplicable("a value has no prior to take off its score")
        if self.tau is not None:
            return Correction(shift=self.tau * self._raise(valid, targets))
        scores, whole = valid.scores, self._raise(valid, targets)
        if scores is None:
            raise NotApplicable(
                "lists keep no scores to choose tau by; give PostHocLogitAdjustment a tau"
            )
        gained = [quick_score(scores + tau * whole, valid.rows.y, targets) for tau in GRID]
        return Correction(shift=GRID[int(np.argmax(gained))] * whole)

    def _raise(self, valid: Valid, targets: Targets) -> FloatArray:
        """What is added to each score at ``tau=1``; (C,)."""
        counts = targets.seen if self.prior == "seen" else targets.natural
        floored = np.maximum(counts, 1.0)
        if targets.kind == "multilabel":
            labels = (valid.rows.y > 0).sum() / max(len(valid.rows), 1)
            share = floored * labels / max(counts.sum(), 1.0)
            shift = -logit(np.clip(share, 1e-6, 1 - 1e-6))
        else:
            shift = -np.log(floored / floored.sum())
        return never_raised(np.asarray(shift), counts)
