"""Vector-scaling loss."""

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

__all__ = ["VectorScaling"]


@dataclass(frozen=True, kw_only=True)
class VectorScaling(Strategy):
    """Learn with ``z * (n_c / n_max)**gamma + tau * log prior``, predict with ``z``.

    The factor shapes the margin late in training, the term early [1]_. ``tau=0`` is the
    class-dependent temperature (CDT) alone, ``gamma=0`` logit adjustment.

    Parameters
    ----------
    gamma : float >= 0, default 0.3
    tau : float, default 1.0

    References
    ----------
    .. [1] Kini et al., Label-Imbalanced and Group-Sensitive Classification under
       Overparameterization, NeurIPS 2021, arXiv:2103.01550, eq. 2.

    Examples
    --------
    >>> VectorScaling(tau=0.0).hooks
    frozenset({'logits'})
    """

    gamma: float = 0.3
    tau: float = 1.0

    def logits(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        if batch.y.ndim == 2:
            raise NotApplicable("VectorScaling needs one target per row; try LogitAdjusted")
        counts = np.maximum(targets.seen, 1.0)
        factor = z.new_tensor((counts / counts.max()) ** self.gamma)
        return z * factor + self.tau * z.new_tensor(np.log(targets.seen_prior))
