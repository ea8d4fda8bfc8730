"""What the learner met: row weights, sampling law, and the prior its scores therefore carry.

Every remedy that moves the training prior leaves its trace here, measured from the hooks
themselves, so the correction of probabilities is automatic and nothing has to be declared.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.special import logit

from longshelf.components import show
from longshelf.errors import LongShelfWarning
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Resampled, Rows, Targets

__all__ = ["Met", "meet", "prior_offset", "row_weights", "warn_idle", "warn_untouched"]

OPEN = frozenset({"build", "loss", "step", "stages", "fit"})
"""Hooks after which no closed form links scores to the training prior."""


@dataclass(frozen=True)
class Met:
    """The training part as a strategy shows it to the learner.

    Parameters
    ----------
    law : (n,) float array or None
        Drawing probabilities; None draws every row once an epoch.
    weights : (n,) float array
        Row weights, mean 1, the data's own included.
    targets : Targets
        With ``seen`` under the sampling law.
    """

    law: FloatArray | None
    weights: FloatArray
    targets: Targets


def meet(strategy: Strategy, rows: Rows, targets: Targets) -> Met:
    """Ask a strategy for its sampling law, then for its weights under that law."""
    law = None
    if "sample" in strategy.hooks:
        law = strategy.sample(rows, targets)  # hook: sample
        targets = targets.seeing(len(rows) * _mass(rows, law, targets))
    weights = strategy.weigh(rows, targets)  # hook: weigh
    if rows.weight is not None:
        weights = weights * rows.weight
        weights = weights / weights.mean()
    return Met(law, weights, targets)


def row_weights(strategy: Strategy, rows: Rows, targets: Targets) -> FloatArray:
    """Row weights for learners that draw every row; (n,), mean 1."""
    return meet(strategy, rows, targets).weights


def _mass(rows: Rows, share: FloatArray, targets: Targets) -> FloatArray:
    if sp.issparse(rows.code):
        return np.asarray(share @ rows.code).ravel()
    return 1.0 * np.bincount(rows.code, weights=share, minlength=len(targets))


def prior_offset(
    strategy: Strategy, rows: Rows, targets: Targets, *, synthetic: bool
) -> FloatArray | None:
    """Closed-form correction of the scores from the prior the loss saw to the natural one.

    Parameters
    ----------
    strategy : Strategy
        Its hooks are asked.
    rows : Rows
        As the learner met them, after expansion and resampling.
    targets : Targets
        With ``seen`` after resampling.
    synthetic : bool
        Some rows were made up, so class-conditional densities moved too.

    Returns
    -------
    (C,) float array to add to the scores, or None where no closed form exists.
    """
    if targets.kind not in ("class", "multilabel") or synthetic or strategy.hooks & OPEN:
        return None
    met = meet(strategy, rows, targets)
    law = np.full(len(rows), 1 / len(rows)) if met.law is None else met.law
    share = law * met.weights
    mass = np.maximum(_mass(rows, share / share.sum(), targets), 0.5 / len(rows))
    shift = _constant_shift(strategy, met.targets)
    if shift is None:
        return None
    if targets.kind == "multilabel":
        total = max(float(targets.natural.max()), float(len(rows)))
        natural = np.clip(targets.natural / total, 0.5 / total, 1 - 0.5 / total)
        met_share = np.clip(mass, 0.5 / total, 1 - 0.5 / total)
        return np.asarray(shift + logit(natural) - logit(met_share))
    _warn_twice(targets, mass, shift)
    return np.asarray(shift + np.log(targets.prior) - np.log(mass / mass.sum()))


def _constant_shift(strategy: Strategy, targets: Targets) -> FloatArray | None:
    """What the ``logits`` hook adds, if it adds the same to every row whatever its score."""
    if "logits" not in strategy.hooks:
        return np.zeros(len(targets))
    import torch

    from longshelf.training import Batch

    n = min(8, len(targets))
    spread = np.linspace(0, len(targets) - 1, n).astype(np.int64)
    code = torch.from_numpy(spread)
    y = code if targets.kind == "class" else torch.zeros(n, len(targets))
    batch = Batch(x=None, y=y, code=code, weight=torch.ones(n), index=np.arange(n))
    flat = torch.zeros(n, len(targets), dtype=torch.float64)
    steep = torch.linspace(-2, 2, n * len(targets), dtype=torch.float64).reshape(flat.shape)
    shifts = [(strategy.logits(z, batch, targets) - z).numpy() for z in (flat, steep)]
    constant = shifts[0][0]
    if all(np.allclose(shift, constant, atol=1e-6) for shift in shifts):
        return np.asarray(constant)
    return None


def _warn_twice(targets: Targets, mass: FloatArray, shift: FloatArray) -> None:
    share = targets.seen_prior
    weighted = float(np.abs(mass / mass.sum() - share).sum()) > 0.1
    shifted = float(np.ptp(shift)) > 0.1
    if weighted and shifted:
        warnings.warn(
            "the prior is corrected twice: rows are weighted or drawn by class, and the logits "
            "are adjusted by counts that do not know it; drop one of the two",
            LongShelfWarning,
            stacklevel=4,
        )


def warn_untouched(strategy: Strategy, resampled: Resampled, n: int) -> None:
    """Say that a resampler found nothing to do among n rows."""
    if "resample" in strategy.hooks and resampled.leaves(n):
        warnings.warn(
            f"{show(strategy)} repeats, drops and makes up no row of {n:,}: its resampling does nothing here",
            LongShelfWarning,
            stacklevel=2,
        )


def warn_idle(strategy: Strategy, rows: Rows, targets: Targets) -> None:
    """Say which part of a chain has nothing left to do."""
    if len(strategy.parts) < 2 or targets.kind != "class":
        return
    for part in strategy.parts:
        name = type(part).__name__
        others = [other for other in strategy.parts if other is not part]
        before = [
            type(other).__name__
            for other in others
            if other.hooks & {"expand", "resample", "sample"}
        ]
        if not before:
            continue
        if part.hooks == {"weigh"} and np.allclose(meet(strategy, rows, targets).weights, 1):
            found = "its weights are all 1"
        elif part.hooks == {"logits"} and _idle_shift(part, strategy, rows, targets):
            found = "its adjustment is the same for every class"
        else:
            continue
        warnings.warn(
            f"{name} does nothing after {' and '.join(before)}: {found}",
            LongShelfWarning,
            stacklevel=3,
        )


def _idle_shift(part: Strategy, strategy: Strategy, rows: Rows, targets: Targets) -> bool:
    shift = _constant_shift(part, meet(strategy, rows, targets).targets)
    return shift is not None and float(np.ptp(shift)) < 1e-6
