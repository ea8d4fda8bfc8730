"""Gradient harmonising."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["Ghm"]


@dataclass(frozen=True, kw_only=True)
class Ghm(Strategy):
    """Weigh each row against how many rows of the batch have a gradient like its own.

    The many easy rows and the few hopeless ones crowd their bins of ``g = 1 - p_t`` and count
    less: the weight is the batch over the rows of the bin, shared among occupied bins [1]_. Bins
    are those of the batch, without a running mean.

    Parameters
    ----------
    bins : int >= 1, default 10
        Bins of the gradient's length on [0, 1]; 1 is plain cross-entropy.

    References
    ----------
    .. [1] Li et al., Gradient Harmonized Single-stage Detector, AAAI 2019, arXiv:1811.05181,
       eq. 9 and 10.

    Examples
    --------
    >>> Ghm(bins=30).hooks
    frozenset({'loss'})
    """

    bins: int = 10

    def __post_init__(self) -> None:
        if self.bins < 1:
            raise InputError(f"Ghm needs at least 1 bin, got {self.bins}")

    def loss(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        from torch.nn import functional

        if batch.y.ndim == 2:
            each = functional.binary_cross_entropy_with_logits(z, batch.y, reduction="none")
            return (each * self._weights(each)).mean(dim=1)
        if batch.y.is_floating_point():
            raise NotApplicable("Ghm reads the probability of the label; a value has none")
        plain = super().loss(z, batch, targets)
        return plain * self._weights(plain)

    def _weights(self, loss: Tensor) -> Tensor:
        """Mean 1 over the entries; same shape as the losses."""
        import torch

        gradient = 1 - (-loss.detach()).exp()
        place = (gradient * self.bins).long().clamp(0, self.bins - 1)
        crowd = torch.bincount(place.flatten(), minlength=self.bins)
        weight: Tensor = place.numel() / (crowd[place] * (crowd > 0).sum()).to(loss.dtype)
        return weight
