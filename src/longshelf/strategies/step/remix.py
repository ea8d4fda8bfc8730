"""Remix: mixup that leaves the label with the rare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.step.mixup import blend, partner
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["Remix"]


@dataclass(frozen=True, kw_only=True)
class Remix(Strategy):
    """Mix rows as :class:`Mixup` does, but give the whole label to a much rarer partner.

    With n_i and n_j the counts and lambda the share of row i: the label is all j's where
    ``n_i / n_j >= kappa`` and ``lambda < tau``, all i's where ``n_i / n_j <= 1 / kappa`` and
    ``1 - lambda < tau``, and shared as the rows are elsewhere [1]_.

    Parameters
    ----------
    alpha : float > 0, default 1.0
        Shares follow Beta(alpha, alpha).
    kappa : float >= 1, default 3.0
        How many times rarer.
    tau : float in [0, 1], default 0.5
        0 is mixup.

    References
    ----------
    .. [1] Chou et al., Remix: Rebalanced Mixup, ECCV Workshops 2020, arXiv:2007.03943, eq. 7.

    Examples
    --------
    >>> sorted(Remix().hooks)
    ['build', 'step']
    """

    alpha: float = 1.0
    kappa: float = 3.0
    tau: float = 0.5

    def __post_init__(self) -> None:
        if self.alpha <= 0 or self.kappa < 1 or not 0 <= self.tau <= 1:
            raise InputError(
                "Remix needs alpha > 0, kappa >= 1 and tau in [0, 1], "
                f"got {self.alpha}, {self.kappa} and {self.tau}"
            )

    def build(self, net: Net, targets: Targets) -> Net:
        import torch

        if targets.kind == "multilabel":
            raise NotApplicable("Remix compares the counts of two labels; these rows have several")
        counts = torch.from_numpy(np.maximum(targets.seen, 1.0)).float()
        net.register_buffer("counts", counts, persistent=False)
        return net

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        import torch

        share = torch.distributions.Beta(self.alpha, self.alpha).sample()
        order = torch.randperm(len(batch))
        z = blend(net, batch, order, share.expand(len(batch)))
        other = partner(batch, order)
        counts = net.get_buffer("counts")
        ratio = counts[batch.code] / counts[other.code]
        label = share.to(ratio.device).expand(len(batch))
        if share < self.tau:
            label = torch.where(ratio >= self.kappa, 0.0, label)
        if 1 - share < self.tau:
            label = torch.where(ratio <= 1 / self.kappa, 1.0, label)
        own = replace(batch, weight=batch.weight * label)
        theirs = replace(other, weight=other.weight * (1 - label))
        return criterion(z, own) + criterion(z, theirs)
