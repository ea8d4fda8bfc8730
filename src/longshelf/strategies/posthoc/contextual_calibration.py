"""Calibration by inputs without content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_softmax, logsumexp

from longshelf.corrections import Correction
from longshelf.errors import NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.tables import Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.base import Fitted

__all__ = ["ContextualCalibration"]


@dataclass(frozen=True, kw_only=True)
class ContextualCalibration(Strategy):
    """Divide a prompted model's probabilities by those it gives to inputs without content.

    A language model prefers some answers whatever is asked: frequent words, the labels of its
    examples, the last of them above all. What it answers to ``N/A``, ``[MASK]`` and an empty text,
    averaged, is taken as that preference [1]_. No label is needed. Reads the learner's own scores,
    so it comes first among corrections.

    Raises
    ------
    NotApplicable
        If the model is not asked by prompts.

    References
    ----------
    .. [1] Zhao et al., Calibrate Before Use: Improving Few-Shot Performance of Language Models,
       ICML 2021, arXiv:2102.09690, section 5, with W = diag(p_cf)^-1 and b = 0.

    Examples
    --------
    >>> ContextualCalibration().hooks
    frozenset({'correct'})
    """

    def correct(self, fitted: Fitted, valid: Valid, targets: Targets) -> Correction:
        scores = getattr(fitted, "content_free", None)
        if scores is None:
            raise NotApplicable(
                "ContextualCalibration asks a model about inputs without content; this one is not "
                "asked by prompts: use prompted"
            )
        logs = log_softmax(np.asarray(scores, dtype=float), axis=1)
        return Correction(shift=np.log(len(logs)) - logsumexp(logs, axis=0))
