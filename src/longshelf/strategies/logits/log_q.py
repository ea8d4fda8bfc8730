"""Correction of a sampled softmax for its sampling law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["LogQ"]


@dataclass(frozen=True, kw_only=True)
class LogQ(Strategy):
    """Learn with ``z - log q``, q the probability that the law draws the target.

    A popular item is drawn often as a negative and punished for it; the term takes that back
    [1]_. The sign is opposite to balanced softmax: this restores the full softmax, that rebalances.
    Chain it after a law of negatives such as :class:`InBatch`; a law's q may be off by a factor
    common to all targets, which a softmax does not see.

    Raises
    ------
    NotApplicable
        If no strategy of the chain draws negatives.

    References
    ----------
    .. [1] Yi et al., Sampling-Bias-Corrected Neural Modeling for Large Corpus Item
       Recommendations, RecSys 2019, eq. 3.

    Examples
    --------
    >>> LogQ().hooks
    frozenset({'logits'})
    """

    def logits(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        if targets.log_q is None:
            raise NotApplicable(
                "LogQ corrects a law of negatives and none is there; write InBatch + LogQ"
            )
        return z - z.new_tensor(targets.log_q)
