"""Focal loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["Focal"]


@dataclass(frozen=True, kw_only=True)
class Focal(Strategy):
    """Scale the loss of each row by how wrong the model still is.

    ``(1 - p_t)**gamma * loss`` with ``p_t = exp(-loss)`` the probability of the label [1]_.
    Row values, never normalised: of the four normalisations in circulation the loop takes the mean.

    Parameters
    ----------
    gamma : float >= 0, default 2.0
        0 is plain cross-entropy.

    References
    ----------
    .. [1] Lin et al., Focal Loss for Dense Object Detection, ICCV 2017, arXiv:1708.02002, eq. 4.

    Examples
    --------
    >>> Focal(gamma=1.0).hooks
    frozenset({'loss'})
    """

    gamma: float = 2.0

    def __post_init__(self) -> None:
        if self.gamma < 0:
            raise InputError(f"Focal's gamma must be at least 0, got {self.gamma}")

    def loss(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        from torch import nn

        if batch.y.ndim == 2:
            each = nn.functional.binary_cross_entropy_with_logits(z, batch.y, reduction="none")
            return ((1 - (-each).exp()) ** self.gamma * each).mean(dim=1)
        plain = super().loss(z, batch, targets)
        return (1 - (-plain).exp()).clamp_min(0) ** self.gamma * plain
