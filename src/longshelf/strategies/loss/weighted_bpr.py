"""Pairwise ranking with negatives weighed by popularity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from longshelf.strategies.base import Strategy
from longshelf.strategies.loss.pairs import pairs_of
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["WeightedBpr"]


@dataclass(frozen=True, kw_only=True)
class WeightedBpr(Strategy):
    """:class:`Bpr` whose negatives weigh ``n**alpha``: it is no feat to score above the unknown.

    What is popular and was not chosen was probably seen and declined [1]_; where the paper draws
    negatives by popularity the weights are exact. Each target is pushed down about as often as up,
    so its popularity leaves its score.

    Parameters
    ----------
    alpha : float, default 1.0
        0 is :class:`Bpr`.

    References
    ----------
    .. [1] Gantner et al., Personalized Ranking for Non-Uniformly Sampled Items, KDD Cup workshop
       2011 (JMLR W&CP 18, 2012), section 3.2.

    Examples
    --------
    >>> WeightedBpr(alpha=0.5).hooks
    frozenset({'loss'})
    """

    alpha: float = 1.0

    def loss(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        from torch.nn.functional import softplus

        pairs = pairs_of(z, batch, "WeightedBpr")
        weight = (
            z.new_tensor(np.maximum(targets.seen, 1.0) ** self.alpha)[pairs.columns] * pairs.met
        )
        each = softplus(pairs.z - pairs.own[:, None]) * weight
        loss: Tensor = each.sum(dim=1) / weight.sum(dim=1).clamp_min(1e-12)
        return loss
