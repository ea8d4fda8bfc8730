"""Projected gradient descent, the adversary that takes several steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from longshelf.strategies.step.ball import Ball

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["Pgd"]


@dataclass(frozen=True, kw_only=True)
class Pgd(Ball):
    """Add the loss of the batch with its embeddings moved uphill in several steps.

    From no move, each step adds ``rate * g / ||g||`` to a row, g the gradient of its loss where it
    then stands, and shortens a move longer than ``epsilon`` to it, norms over the whole row [1]_.
    The paper learns from the moved rows alone and starts at random; ours adds their loss to the
    plain one and starts in place, as :class:`Fgm` does, which is this with one step. A batch costs
    ``steps + 1`` passes.

    Parameters
    ----------
    epsilon : float > 0, default 1.0
        Longest move, in the units of the embedding.
    steps : int >= 1, default 3
    rate : float > 0, default 0.3
        Length of a step.

    Raises
    ------
    NotApplicable
        If the first vectors of the network are sparse rows, which cannot be moved densely.

    References
    ----------
    .. [1] Madry et al., Towards Deep Learning Models Resistant to Adversarial Attacks, ICLR 2018,
       arXiv:1706.06083, section 2.1.

    Examples
    --------
    >>> Pgd(epsilon=0.5, steps=2).hooks
    frozenset({'step'})
    """

    abstract: ClassVar[bool] = False

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        from longshelf.strategies.step.nearby import Nearby, within

        near = Nearby.of(net, batch, criterion, "Pgd")
        plain = loss = near.loss(near.h)
        at, start = near.h, near.h.detach()
        move = start.new_zeros(start.shape)
        for _ in range(self.steps - 1):
            move = within(move + self.rate * near.uphill(loss, at), self.epsilon)
            at = (start + move).requires_grad_()
            loss = near.loss(at)
        move = within(move + self.rate * near.uphill(loss, at), self.epsilon)
        return plain + near.loss(near.h + move)
