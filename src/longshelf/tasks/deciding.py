"""What a cell decides by: remedy, thresholds, calibration; the same for new rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.corrections import Calibration, Correction, probabilities
from longshelf.tables import FloatArray, Rows, Scored, Targets

__all__ = ["DECISIONS", "Deciding"]

DECISIONS = ("argmax", "tuned")


@dataclass(frozen=True, kw_only=True)
class Deciding:
    """From the learner's own scores to scores that decide, probabilities and decisions.

    Parameters
    ----------
    remedy : Correction
        What the strategy does to finished scores.
    tuned : Correction
        Thresholds, or expected costs, chosen on the validation part.
    calibration : Calibration
        Prior correction and temperature.
    targets : Targets
    """

    remedy: Correction
    tuned: Correction
    calibration: Calibration
    targets: Targets

    def scored(self, rows: Rows, own: FloatArray) -> Scored:
        """Everything predicted of rows; ``own`` are the learner's scores (n, C)."""
        exact = np.asarray(own, dtype=np.float32).astype(float)
        scores = self.remedy.apply(exact)
        corrected = self.calibration.apply(exact, self.targets)
        decisions = {
            "argmax": self.remedy.decide(scores, corrected, self.targets),
            "tuned": self.tuned.decide(self.tuned.apply(scores), corrected, self.targets),
        }
        raw = probabilities(scores, self.targets)
        return Scored(rows=rows, scores=scores, raw=raw, corrected=corrected, decisions=decisions)
