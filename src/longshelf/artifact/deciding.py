"""What a cell concluded from its scores: remedy, thresholds, calibration; the same for new rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from longshelf.corrections import Calibration, Correction, probabilities
from longshelf.errors import InputError
from longshelf.learning import Learned, after
from longshelf.strategies import Strategy
from longshelf.tables import FloatArray, Rows, Scored, Targets, Valid
from longshelf.tasks import Classify
from longshelf.tasks.base import Parts

__all__ = ["DECISIONS", "Deciding", "concluded"]

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


def concluded(learned: Learned, parts: Parts, strategy: Strategy) -> Deciding:
    """What :meth:`Classify.conclude` fits on the validation part, kept.

    Parameters
    ----------
    learned : Learned
        With the model at hand.
    parts : Parts
        The problem divided.
    strategy : Strategy
        Of the cell.

    Raises
    ------
    InputError
        If the task is no classification.
    """
    task = parts.problem.task
    if not isinstance(task, Classify):
        raise InputError(f"a {task.title} task has no classes to decide")
    fitted: Any = learned.fitted
    targets = replace(parts.targets, seen=np.asarray(learned.outputs["seen"], dtype=float))
    own, truth = np.asarray(learned.outputs["valid"], dtype=float), parts.valid.y
    half = parts.valid.id % 2 == 0
    valid = Valid(X=learned.X_valid, rows=parts.valid.take(half), scores=own[half])
    remedy = after(strategy).correct(fitted, valid, targets)  # hook: correct
    offset = learned.outputs.get("offset")
    offset = None if offset is None else np.asarray(offset, dtype=float)
    return Deciding(
        remedy=remedy,
        tuned=task._tuned(remedy.apply(own[half]), truth[half], targets),
        calibration=Calibration.fit(own[~half], truth[~half], targets, offset),
        targets=targets,
    )
