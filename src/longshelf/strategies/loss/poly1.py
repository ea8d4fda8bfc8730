"""Poly-1 loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["Poly1"]


@dataclass(frozen=True, kw_only=True)
class Poly1(Strategy):
    """Cross-entropy plus ``epsilon * (1 - p_t)``: its first polynomial term, re-weighted [1]_.

    Parameters
    ----------
    epsilon : float >= -1, default 1.0
        0 is plain cross-entropy; below 0 the sure rows count less.

    References
    ----------
    .. [1] Leng et al., PolyLoss, ICLR 2022, arXiv:2204.12511, eq. 6.

    Examples
    --------
    >>> Poly1(epsilon=2.0).hooks
    frozenset({'loss'})
    """

    epsilon: float = 1.0

    def loss(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        from torch.nn import functional

        if batch.y.ndim == 2:
            each = functional.binary_cross_entropy_with_logits(z, batch.y, reduction="none")
            return (each + self.epsilon * (1 - (-each).exp())).mean(dim=1)
        if batch.y.is_floating_point():
            raise NotApplicable("Poly1 reads the probability of the label; a value has none")
        plain = super().loss(z, batch, targets)
        return plain + self.epsilon * (1 - (-plain).exp())
