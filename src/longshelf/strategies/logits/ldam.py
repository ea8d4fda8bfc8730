"""Label-distribution-aware margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["Ldam"]


@dataclass(frozen=True, kw_only=True)
class Ldam(Strategy):
    """Ask for a margin in proportion to ``n_c ** -1/4`` at the true target.

    The head becomes a scaled cosine, so that margins have a unit [1]_. Weak by itself; the paper
    runs it with :class:`DeferredReweighting`.

    Parameters
    ----------
    max_margin : float > 0, default 0.5
        Margin of the rarest target, in cosine.
    scale : float > 0, default 30.0
        Factor on cosines and margins.

    References
    ----------
    .. [1] Cao et al., Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss,
       NeurIPS 2019, arXiv:1906.07413, eq. 13.

    Examples
    --------
    >>> sorted(Ldam().hooks)
    ['build', 'logits']
    """

    max_margin: float = 0.5
    scale: float = 30.0

    def __post_init__(self) -> None:
        if self.max_margin <= 0 or self.scale <= 0:
            raise InputError(
                f"Ldam's margin and scale must be above 0, got {self.max_margin} and {self.scale}"
            )

    def margins(self, targets: Targets) -> FloatArray:
        """Margin of each target, the rarest that has a row at ``max_margin``; (C,)."""
        raw = np.maximum(targets.seen, 1.0) ** -0.25
        present = raw[targets.seen > 0]
        return raw * self.max_margin / (present.max() if len(present) else 1.0)

    def build(self, net: Net, targets: Targets) -> Net:
        from longshelf.models.network import CosineHead, LinearHead

        if targets.kind == "value":
            raise NotApplicable("Ldam sets margins between targets; a value has none")
        head = net.head
        if not isinstance(head, LinearHead):
            raise NotApplicable("Ldam replaces a linear head and this network has none")
        width = head.weight.shape[1]
        net.head = CosineHead(width, len(targets), self.scale, sparse=head.sparse)
        return net

    def logits(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        from torch.nn.functional import one_hot

        margins = z.new_tensor(self.margins(targets) * self.scale)
        true = batch.y if batch.y.ndim == 2 else one_hot(batch.y, z.shape[1])
        return z - true * margins
