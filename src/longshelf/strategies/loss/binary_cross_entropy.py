"""Binary cross-entropy over a row's target and its negatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.loss.pairs import pairs_of
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["BinaryCrossEntropy"]


@dataclass(frozen=True, kw_only=True)
class BinaryCrossEntropy(Strategy):
    """Ask each target by itself whether it was chosen: ``-log s(z_i) - ratio * mean log s(-z_j)``.

    Every target but the own is a negative, or every one that a law of negatives drew. Scores keep
    the log odds of being chosen, popularity included; ``ratio`` stands for the negatives drawn
    per positive, whatever number is scored [1]_.

    Parameters
    ----------
    ratio : float > 0, default 4.0
        Weight of all negatives of a row together; the paper draws four.

    References
    ----------
    .. [1] He et al., Neural Collaborative Filtering, WWW 2017, arXiv:1708.05031, eq. 7.

    Examples
    --------
    >>> BinaryCrossEntropy(ratio=1.0).hooks
    frozenset({'loss'})
    """

    ratio: float = 4.0

    def __post_init__(self) -> None:
        if self.ratio <= 0:
            raise InputError(f"BinaryCrossEntropy's ratio must be above 0, got {self.ratio}")

    def loss(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        from torch.nn.functional import softplus

        pairs = pairs_of(z, batch, "BinaryCrossEntropy")
        loss: Tensor = softplus(-pairs.own) + self.ratio * pairs.mean(softplus(pairs.z))
        return loss
