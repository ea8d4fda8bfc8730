"""Balanced softmax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from longshelf.errors import NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["BalancedSoftmax"]


@dataclass(frozen=True, kw_only=True)
class BalancedSoftmax(Strategy):
    """Learn with ``z + log n``, predict with ``z``.

    The softmax of the loss carries the training counts, so that the scores need not [1]_. Equal
    to :class:`LogitAdjusted` at ``tau=1``.

    References
    ----------
    .. [1] Ren et al., Balanced Meta-Softmax for Long-Tailed Visual Recognition, NeurIPS 2020,
       arXiv:2007.10740, eq. 4.

    Examples
    --------
    >>> BalancedSoftmax().hooks
    frozenset({'logits'})
    """

    def logits(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        if batch.y.ndim == 2:
            raise NotApplicable("BalancedSoftmax needs one target per row; try LogitAdjusted")
        return z + z.new_tensor(np.log(np.maximum(targets.seen, 1.0)))
