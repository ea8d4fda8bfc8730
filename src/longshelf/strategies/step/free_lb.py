"""Free large-batch adversarial training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from longshelf.strategies.step.ball import Ball

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["FreeLb"]


@dataclass(frozen=True, kw_only=True)
class FreeLb(Ball):
    """Learn from every point on the way uphill: the mean loss of the batch at all of them.

    The first point is drawn: each number of a row of N moves by up to ``epsilon / sqrt(N)``. Each
    next one is ``rate * g / ||g||`` further, g the gradient of the row's loss, moves longer than
    ``epsilon`` shortened to it, norms over the whole row [1]_. Where :class:`Pgd` learns from the
    last point, this learns from all, as from a batch ``steps`` times as large, whose memory it
    takes. Places that only pad a row never move.

    Parameters
    ----------
    epsilon : float > 0, default 1.0
        Longest move, in the units of the embedding.
    steps : int >= 1, default 3
        Points learned from.
    rate : float > 0, default 0.3
        Length of a step.

    Raises
    ------
    NotApplicable
        If the first vectors of the network are sparse rows, which cannot be moved densely.

    References
    ----------
    .. [1] Zhu et al., FreeLB: Enhanced Adversarial Training for Natural Language Understanding,
       ICLR 2020, arXiv:1909.11764, algorithm 1.

    Examples
    --------
    >>> FreeLb(steps=2).hooks
    frozenset({'step'})
    """

    abstract: ClassVar[bool] = False

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        import torch

        from longshelf.strategies.step.nearby import Nearby, within

        near = Nearby.of(net, batch, criterion, "FreeLb")
        held = near.held.expand_as(near.h)
        places = held.flatten(1).sum(dim=1).clamp_min(1.0)
        reach = self.epsilon / places.sqrt()
        drawn = 2 * torch.rand_like(near.h) - 1
        move = drawn * held * reach.reshape(-1, *([1] * (held.ndim - 1)))
        at = near.h + move
        losses = [near.loss(at)]
        for _ in range(self.steps - 1):
            move = within(move + self.rate * near.uphill(losses[-1], at), self.epsilon)
            at = near.h + move
            losses.append(near.loss(at))
        return torch.stack(losses).mean()
