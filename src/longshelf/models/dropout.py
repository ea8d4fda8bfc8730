"""Dropout whose masks cost a processor a fifth of torch's."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

__all__ = ["Dropout", "replace_dropout"]

STEPS = 2**16
"""A chance is a multiple of one part in as many."""


class Dropout(nn.Dropout):
    """torch's dropout [1]_; on a processor, masks of four elements are drawn as one random number.

    torch draws one number an element there, by one thread. The generator of a mask starts from
    torch's own, so a seed repeats it, and so does recomputing what it was drawn for.

    Parameters
    ----------
    p : float in [0, 1]
        Chance that an element becomes 0; the others are divided by ``1 - p``.

    References
    ----------
    .. [1] Srivastava et al., Dropout, JMLR 2014.

    Examples
    --------
    >>> kept = Dropout(0.25)(torch.ones(1000, 1000))
    >>> sorted({round(float(one), 4) for one in kept[0]}), round(float(kept.mean()), 2)
    ([0.0, 1.3333], 1.0)
    """

    def forward(self, input: Tensor) -> Tensor:
        cut = round(self.p * STEPS)
        if not self.training or not 0 < cut < STEPS or input.device.type != "cpu":
            return super().forward(input)
        seed = int(torch.empty((), dtype=torch.int64).random_())
        count = math.prod(input.shape)
        drawn = np.random.SFC64(seed).random_raw(-(-count // 4)).view(np.uint16)[:count]
        kept = torch.from_numpy(drawn >= cut).to(input.dtype).mul_(STEPS / (STEPS - cut))
        return input * kept.view(input.shape)


def replace_dropout(model: nn.Module) -> None:
    """Put ours in the place of every dropout of a model, learning or not as it was."""
    for part in list(model.modules()):
        for name, child in part.named_children():
            if type(child) is nn.Dropout:
                setattr(part, name, Dropout(child.p).train(child.training))
