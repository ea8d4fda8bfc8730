"""Label smoothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["LabelSmoothing"]


@dataclass(frozen=True, kw_only=True)
class LabelSmoothing(Strategy):
    """Fit ``(1 - epsilon) * label + epsilon / C`` instead of the label.

    The network is kept from growing ever surer of its training rows [1]_. With several labels
    each is moved towards one half.

    Parameters
    ----------
    epsilon : float in [0, 1), default 0.1
        0 is plain cross-entropy.

    References
    ----------
    .. [1] Szegedy et al., Rethinking the Inception Architecture, CVPR 2016, arXiv:1512.00567,
       section 7.

    Examples
    --------
    >>> LabelSmoothing(epsilon=0.2).hooks
    frozenset({'loss'})
    """

    epsilon: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.epsilon < 1:
            raise InputError(f"LabelSmoothing's epsilon must be in [0, 1), got {self.epsilon}")

    def loss(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        from torch.nn import functional

        if batch.y.ndim == 2:
            soft = batch.y * (1 - self.epsilon) + self.epsilon / 2
            each = functional.binary_cross_entropy_with_logits(z, soft, reduction="none")
            return each.mean(dim=1)
        if batch.y.is_floating_point():
            raise NotApplicable("LabelSmoothing spreads a label over targets; a value has none")
        return functional.cross_entropy(z, batch.y, reduction="none", label_smoothing=self.epsilon)
