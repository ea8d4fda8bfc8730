"""Dropout whose masks cost a processor a tenth of torch's."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["STEPS", "Dropout", "drop", "replace_dropout", "some_drop"]

STEPS = 2**16
"""A chance is a multiple of one part in as many."""


class Dropout(nn.Dropout):
    """torch's dropout [1]_; on a processor, four elements of a mask are drawn as one random number.

    torch draws one number an element there. The numbers of a mask start from torch's own, so a seed
    repeats it, and so does recomputing what it was drawn for.

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
        if not self.training or not some_drop(self.p) or input.device.type != "cpu":
            return super().forward(input)
        return drop(input, self.p)


def drop(x: Tensor, p: float) -> Tensor:
    """Some elements of a processor's tensor become 0 by chance, the others are divided by ``1 - p``."""
    from longshelf.models.random_bits import choose, draws

    cut = round(p * STEPS)
    kept = torch.empty(x.shape, dtype=torch.promote_types(x.dtype, torch.float32))
    choose(kept.view(-1).numpy(), draws(kept.numel()), cut, STEPS / (STEPS - cut))
    return x * kept.to(x.dtype)


def some_drop(p: float) -> bool:
    """Whether a chance drops some elements and keeps some."""
    return 0 < round(p * STEPS) < STEPS


def replace_dropout(model: nn.Module) -> None:
    """Put ours in the place of every dropout of a model, learning or not as it was."""
    for part in list(model.modules()):
        for name, child in part.named_children():
            if type(child) is nn.Dropout:
                setattr(part, name, Dropout(child.p).train(child.training))
