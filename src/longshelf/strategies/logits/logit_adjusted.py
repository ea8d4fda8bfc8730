"""Logit-adjusted loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from longshelf.strategies.base import Strategy
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["LogitAdjusted"]


@dataclass(frozen=True, kw_only=True)
class LogitAdjusted(Strategy):
    """Learn with ``z + tau * log prior``, predict with ``z``.

    The loss asks for a larger margin the rarer the target, which makes the plain arg max
    consistent for balanced error [1]_. At ``tau=1`` it equals balanced softmax.

    Parameters
    ----------
    tau : float, default 1.0
        0 is plain training; the prior is that of the rows the learner meets.

    References
    ----------
    .. [1] Menon et al., Long-Tail Learning via Logit Adjustment, ICLR 2021, arXiv:2007.07314,
       eq. 10.

    Examples
    --------
    >>> LogitAdjusted(tau=0.5).hooks
    frozenset({'logits'})
    """

    tau: float = 1.0

    def logits(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        return z + self.tau * z.new_tensor(np.log(targets.seen_prior))
