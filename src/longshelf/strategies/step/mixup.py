"""Mixup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["Mixup", "blend", "partner"]


def blend(net: Net, batch: Batch, order: Tensor, share: Tensor) -> Tensor:
    """Scores of the stem's output mixed with that of the rows at ``order``; (n, C)."""
    from longshelf.models.network import mix

    h = mix(net.stem(batch.x), order, share)
    batch.embedding = net.body(h, batch.x)
    e, ids = batch.embedding, batch.ids
    z: Tensor = net.head(e) if ids is None else net.head(e, ids)
    return z


def partner(batch: Batch, order: Tensor) -> Batch:
    """The same batch with labels, targets, weights and groups of the rows at ``order``."""
    at = order.to(batch.y.device)
    return replace(
        batch,
        y=batch.y[at],
        code=batch.code[at],
        weight=batch.weight[at],
        index=batch.index[order.cpu().numpy()],
        groups=None if batch.groups is None else batch.groups[at],
    )


@dataclass(frozen=True, kw_only=True)
class Mixup(Strategy):
    """Learn from convex mixtures of two rows and, in the same shares, of their losses.

    Rows are mixed where the network first has vectors, after its stem: the inputs themselves for
    dense or sparse features, token embeddings for text [1]_. One share per batch.

    Parameters
    ----------
    alpha : float > 0, default 0.2
        Shares follow Beta(alpha, alpha).

    References
    ----------
    .. [1] Zhang et al., mixup: Beyond Empirical Risk Minimization, ICLR 2018, arXiv:1710.09412,
       eq. 1.

    Examples
    --------
    >>> Mixup(alpha=0.4).hooks
    frozenset({'step'})
    """

    alpha: float = 0.2

    def __post_init__(self) -> None:
        if self.alpha <= 0:
            raise InputError(f"Mixup's alpha must be above 0, got {self.alpha}")

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        import torch

        share = torch.distributions.Beta(self.alpha, self.alpha).sample()
        order = torch.randperm(len(batch))
        z = blend(net, batch, order, share.expand(len(batch)))
        other = partner(batch, order)
        return share.item() * criterion(z, batch) + (1 - share.item()) * criterion(z, other)
