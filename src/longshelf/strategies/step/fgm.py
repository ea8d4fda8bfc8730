"""Fast gradient method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError
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
        from longshelf.strategies.step.nearby import Nearby

        near = Nearby.of(net, batch, criterion, "Fgm")
        plain = near.loss(near.h)
        return plain + near.loss(near.h + self.epsilon * near.uphill(plain, near.h))
