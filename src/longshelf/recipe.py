"""How a network is optimised: the numbers, and what follows from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from longshelf.models.network import Net
from longshelf.models.row_adam import RowAdamW

__all__ = ["Recipe", "Schedule", "optimiser"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a network is optimised; every arm of an experiment gets the same.

    Parameters
    ----------
    epochs : int, default 20
        Passes over as many rows as were observed, or over fewer where rows were taken away;
        early stopping may take fewer.
    batch : int, default 256
    rate : float, default 1e-3
        Peak AdamW learning rate; it falls to zero along a cosine.
    decay : float, default 0.0
        AdamW weight decay.
    l2 : float, default 0.0
        Times half the squared length of all that moves, added to the loss. Adam pulls the vectors
        of rare rows harder by it than AdamW's decay or ``penalty`` do.
    epsilon : float, default 1e-8
        Added to AdamW's denominator. Around the size of a rare feature's gradient (1e-4) it keeps
        rare features from moving as far as common ones, as plain gradient descent would.
    patience : int, default 4
        Epochs without a better validation score before a stage ends; 0 never ends it.
    precision : str, default "32-true"
        As Lightning Fabric names it.
    negatives : int, default 0
        Targets drawn per batch beside its own, for a ``negatives`` law.
    penalty : float, default 0.0
        Times :meth:`Net.penalty`, added to the loss of a batch.
    filled : bool, default True
        An epoch draws at least :data:`~longshelf.training.LEAST` rows, so that small data are passed often enough to
        be learned from nothing; what was learned elsewhere takes the rows there are.
    warmup : float in [0, 1), default 0.0
        Share of a stage's steps in which the rate rises to its peak.
    clip : float, default 0.0
        Longest gradient of a step, over all parameters; 0 never shortens it.
    accumulate : int, default 1
        Parts a batch is computed in, one after another, where the whole does not fit in memory.
    window : int, default 1
        Batches whose rows are sorted by length together, where rows are of different lengths: less
        padding, but a batch is then no random sample of the rows.
    watched : int, default 0
        Validation rows scored after an epoch, evenly spread where there are more, however many the
        targets; 0 is as many as :data:`~longshelf.training.WATCHED` scores allow.
    """

    epochs: int = 20
    batch: int = 256
    rate: float = 1e-3
    decay: float = 0.0
    l2: float = 0.0
    epsilon: float = 1e-8
    patience: int = 4
    precision: Any = "32-true"
    negatives: int = 0
    penalty: float = 0.0
    filled: bool = True
    warmup: float = 0.0
    clip: float = 0.0
    accumulate: int = 1
    window: int = 1
    watched: int = 0


@dataclass(frozen=True)
class Schedule:
    """Share of the peak rate at a step: up along a line, then down along a cosine."""

    steps: int
    warmup: float

    def __call__(self, step: int) -> float:
        rise = self.warmup * self.steps
        if step < rise:
            return (step + 1) / (rise + 1)
        return (1 + math.cos(math.pi * (step - rise) / max(self.steps - rise, 1))) / 2


def optimiser(net: Net, recipe: Recipe, share: float) -> torch.optim.Optimizer:
    """AdamW over what moves now; ``share`` of the recipe's rate, times the pace of each part."""
    rate = recipe.rate * share
    return RowAdamW(
        [{"params": moving, "lr": rate * pace} for pace, moving in net.paces()],
        lr=rate,
        eps=recipe.epsilon,
        weight_decay=recipe.decay,
        l2=recipe.l2,
        clip=recipe.clip,
    )
