"""Sampled softmax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.strategies.negatives.popularity_negatives import PopularityNegatives
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["SampledSoftmax"]


@dataclass(frozen=True, kw_only=True)
class SampledSoftmax(PopularityNegatives):
    """The softmax over all targets, estimated on a few: drawn by a law, corrected by ``- log q``.

    Equal to ``PopularityNegatives + LogQ``: not a remedy against popularity but the plain loss at
    a fraction of its cost, the same in expectation as the number drawn grows [1]_.

    Parameters
    ----------
    alpha : float, default 0.75
        Targets are drawn in proportion to ``n**alpha``; 0 is uniform, 1 the training counts.
    size : int >= 1 or None, default None
        Targets drawn per batch; None takes the model's ``negatives``, or 256 where that is 0.

    References
    ----------
    .. [1] Jean et al., On Using Very Large Target Vocabulary for Neural Machine Translation,
       ACL 2015, arXiv:1412.2007, eq. 8; Bengio and Senécal, IEEE TNN 2008.

    Examples
    --------
    >>> sorted(SampledSoftmax(alpha=0.0).hooks)
    ['logits', 'negatives']
    """

    def logits(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        if targets.log_q is None:
            return z
        return super().logits(z - z.new_tensor(targets.log_q), batch, targets)
