"""One threshold per target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.corrections import Correction
from longshelf.errors import NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.posthoc.cold import never_raised
from longshelf.tables import Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.base import Fitted

__all__ = ["PerClassThreshold"]


@dataclass(frozen=True, kw_only=True)
class PerClassThreshold(Strategy):
    """Shift each target's score so that plain decisions are best for a metric on valid.

    Two classes get one threshold, several get ``argmax_c(z_c + b_c)`` with b by coordinate
    ascent, several labels one threshold each; the rules stand in :mod:`longshelf.metrics.tuning`
    [1]_. A target without a training row is never raised above the least raised of the others.

    Parameters
    ----------
    metric : str, default "macro_f1"
        What the decisions should be best for.

    References
    ----------
    .. [1] Lipton et al., Optimal Thresholding of Classifiers to Maximize F1 Measure, ECML 2014,
       arXiv:1402.1892, theorem 1.

    Examples
    --------
    >>> PerClassThreshold(metric="balanced_accuracy").hooks
    frozenset({'correct'})
    """

    metric: str = "macro_f1"

    def correct(self, fitted: Fitted, valid: Valid, targets: Targets) -> Correction:
        from longshelf.metrics.tuning import tune_binary, tune_multiclass, tune_multilabel

        if targets.kind not in ("class", "multilabel"):
            raise NotApplicable(f"thresholds decide classes and labels, not {targets.kind} targets")
        assert valid.scores is not None
        scores, truth = valid.scores, valid.rows.y
        if targets.kind == "multilabel":
            shift = tune_multilabel(scores, truth, targets, metric=self.metric)
        elif len(targets) == 2:
            shift = tune_binary(scores, truth, metric=self.metric)
        else:
            shift = tune_multiclass(scores, truth, targets, metric=self.metric)
        return Correction(shift=never_raised(shift, targets.natural))
