"""Fast gradient method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["Fgm"]


@dataclass(frozen=True, kw_only=True)
class Fgm(Strategy):
    """Add the loss of the batch with its embeddings moved where the loss grows fastest.

    Each row moves by ``epsilon * g / ||g||``, g the gradient of its loss at the stem's output,
    norm over the whole row [1]_.

    Parameters
    ----------
    epsilon : float > 0, default 1.0
        Length of the move, in the units of the embedding.

    Raises
    ------
    NotApplicable
        If the first vectors of the network are sparse rows, which cannot be moved densely.

    References
    ----------
    .. [1] Miyato et al., Adversarial Training Methods for Semi-Supervised Text Classification,
       ICLR 2017, arXiv:1605.07725, eq. 5.

    Examples
    --------
    >>> Fgm(epsilon=0.5).hooks
    frozenset({'step'})
    """

    epsilon: float = 1.0

    def __post_init__(self) -> None:
        if self.epsilon <= 0:
            raise InputError(f"Fgm's epsilon must be above 0, got {self.epsilon}")

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        import torch

        h = net.stem(batch.x)
        if not isinstance(h, torch.Tensor):
            raise NotApplicable(
                "Fgm moves dense embeddings; sparse rows reach the head as they are"
            )
        if not h.requires_grad:
            h = h.detach().requires_grad_()
        plain = self._criterion(net, h, batch, criterion)
        (slope,) = torch.autograd.grad(plain, h, retain_graph=True)
        length = slope.flatten(1).norm(dim=1).clamp_min(1e-12)
        move = self.epsilon * slope / length.reshape(-1, *([1] * (h.ndim - 1)))
        return plain + self._criterion(net, h + move, batch, criterion)

    @staticmethod
    def _criterion(
        net: Net, h: Tensor, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]
    ) -> Tensor:
        batch.embedding = e = net.body(h, batch.x)
        return criterion(net.head(e) if batch.ids is None else net.head(e, batch.ids), batch)
