"""From scores to decisions and probabilities: small serialisable objects, the same ones everywhere.

A remedy changes *scores* (:class:`Correction`), and scores decide. A *probability* is the learner's
own score after prior correction and calibration (:class:`Calibration`); it never feeds a decision
unless costs say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, log_softmax, softmax

from longshelf.tables import FloatArray, IntArray, Targets

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Calibration", "Correction", "log_probabilities", "probabilities"]


def probabilities(scores: FloatArray, targets: Targets) -> FloatArray:
    """What the scores say when read plainly: softmax over classes, or one sigmoid each; (n, C)."""
    if targets.kind == "value":
        return scores
    if targets.kind == "multilabel":
        return np.asarray(expit(scores))
    return np.asarray(softmax(scores, axis=1))


def log_probabilities(scores: FloatArray, targets: Targets) -> FloatArray:
    """Logarithm of :func:`probabilities`, computed without leaving the log scale; (n, C)."""
    if targets.kind == "multilabel":
        return -np.logaddexp(0, -scores)
    return np.asarray(log_softmax(scores, axis=1))


@dataclass(frozen=True, kw_only=True)
class Correction:
    """An affine change of the scores, and optionally a cost matrix that decides.

    Thresholds, logit adjustment and norm scaling are all of this form, so corrections compose and
    are stored as two vectors.

    Parameters
    ----------
    scale, shift : (C,) float array or float
        ``scores * scale + shift``.
    costs : (C, C) float array or None
        Cost of deciding column j when row i is true; the decision is the cheapest expected one.
    """

    scale: FloatArray | float = 1.0
    shift: FloatArray | float = 0.0
    costs: FloatArray | None = None

    def apply(self, scores: FloatArray) -> FloatArray:
        """The corrected scores; (n, C)."""
        return np.asarray(scores * self.scale + self.shift)

    def then(self, later: Correction) -> Correction:
        """This correction followed by another."""
        return Correction(
            scale=self.scale * later.scale,
            shift=self.shift * later.scale + later.shift,
            costs=self.costs if later.costs is None else later.costs,
        )

    def decide(
        self, scores: FloatArray, calibrated: FloatArray, targets: Targets
    ) -> NDArray[np.generic]:
        """Decisions from corrected scores, or from calibrated probabilities where costs are given.

        Returns
        -------
        (n,) class codes, (n, C) multi-hot for multi-label, or (n,) values for a value.
        """
        if self.costs is not None:
            return np.asarray(np.argmin(calibrated @ self.costs, axis=1))
        if targets.kind == "value":
            return scores[:, 0]
        if targets.kind == "multilabel":
            return (scores > 0).astype(np.int8)
        return np.asarray(np.argmax(scores, axis=1))


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Probabilities from the learner's own scores: undo the prior it met, then set the temperature.

    ``log p = log_softmax((scores + offset) / temperature + gain @ [log prior ratio, log prior])``

    Parameters
    ----------
    offset : (C,) float array
        Closed-form prior correction, ``log(natural prior / prior the loss saw)``; 0 where the
        remedy has no closed form.
    temperature : float, default 1.0
    gain : (C,) float array
        Fitted prior terms; 0 where the closed form holds.
    """

    offset: FloatArray
    gain: FloatArray
    temperature: float = 1.0

    def apply(self, scores: FloatArray, targets: Targets) -> FloatArray:
        """Calibrated probabilities; (n, C)."""
        return probabilities((scores + self.offset) / self.temperature + self.gain, targets)

    @classmethod
    def identity(cls, targets: Targets) -> Calibration:
        """Leaves probabilities as the scores state them."""
        return cls(offset=np.zeros(len(targets)), gain=np.zeros(len(targets)))

    @classmethod
    def fit(
        cls,
        scores: FloatArray,
        truth: IntArray,
        targets: Targets,
        offset: FloatArray | None,
    ) -> Calibration:
        """Fit on a held-out part by log-loss.

        Parameters
        ----------
        scores : (n, C) float array
            The learner's own, before any post-hoc remedy.
        truth : (n,) codes, or (n, C) multi-hot
            True targets.
        targets : Targets
            With natural and seen counts.
        offset : (C,) float array or None
            The closed-form prior correction. None: no closed form, so the weights of
            ``log(natural / seen)`` and of ``log natural`` are fitted along with the temperature.
        """
        from scipy.optimize import minimize

        if targets.kind not in ("class", "multilabel") or len(scores) == 0:
            return cls.identity(targets)
        ratio = np.log(targets.prior) - np.log(targets.seen_prior)
        terms = np.stack([ratio, np.log(targets.prior)]) if offset is None else None
        moved = scores if offset is None else scores + offset

        def log_loss(free: FloatArray) -> float:
            gain = 0.0 if terms is None else free[1:] @ terms
            log_p = log_probabilities(moved * np.exp(free[0]) + gain, targets)
            if targets.kind == "class":
                return -float(log_p[np.arange(len(truth)), truth].mean())
            other = log_probabilities(-(moved * np.exp(free[0]) + gain), targets)
            return -float(np.where(truth > 0, log_p, other).mean())

        start = np.zeros(1 if terms is None else 3)
        best = minimize(
            log_loss, start, method="L-BFGS-B", bounds=[(-3, 3)] + [(-2, 2)] * (len(start) - 1)
        )
        fitted = cls(
            offset=np.zeros(len(targets)) if offset is None else offset,
            gain=np.zeros(len(targets)) if terms is None else best.x[1:] @ terms,
            temperature=float(np.exp(-best.x[0])),
        )
        return fitted
