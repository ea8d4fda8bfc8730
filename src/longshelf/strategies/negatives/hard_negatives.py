"""The hardest of the negatives drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError
from longshelf.strategies.negatives.drawn import ABSENT
from longshelf.strategies.negatives.uniform_negatives import UniformNegatives
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["HardNegatives"]


@dataclass(frozen=True, kw_only=True)
class HardNegatives(UniformNegatives):
    """Draw targets evenly and score each row against those it ranks highest.

    Dynamic negative sampling [1]_: most negatives are easy and teach nothing, and the larger the
    pool the more the popular ones come up. What a source would choose next is hard too and is
    punished by mistake, so keep few of a small catalogue.

    Parameters
    ----------
    keep : int >= 1, default 32
        Negatives per row, the highest of its scores; ties keep more.
    size : int >= 1 or None, default None
        The pool, drawn per batch; None takes the model's ``negatives``, or 256 where that is 0.

    References
    ----------
    .. [1] Zhang et al., Optimizing Top-N Collaborative Filtering via Dynamic Negative Item
       Sampling, SIGIR 2013, algorithm 1, with the highest kept instead of drawn by rank.

    Examples
    --------
    >>> HardNegatives(keep=8, size=64).keep
    8
    """

    keep: int = 32

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.keep < 1:
            raise InputError(f"HardNegatives keeps at least 1 target, got {self.keep}")

    def logits(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        import torch

        if batch.ids is None:
            return z
        z = super().logits(z, batch, targets)
        at = batch.y[:, None]
        rivals = z.detach().scatter(1, at, ABSENT)
        least = rivals.topk(min(self.keep, z.shape[1]), dim=1).values[:, -1:]
        return torch.where((rivals < least).scatter_(1, at, value=False), ABSENT, z)
