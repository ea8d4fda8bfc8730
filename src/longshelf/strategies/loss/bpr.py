"""Bayesian personalised ranking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.strategies.base import Strategy
from longshelf.strategies.loss.pairs import pairs_of
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.training import Batch

__all__ = ["Bpr"]


@dataclass(frozen=True, kw_only=True)
class Bpr(Strategy):
    """Ask each row's own target to score above the others: mean of ``-log sigmoid(z_i - z_j)``.

    Every target but the own counts as a negative, or every one that a law of negatives drew,
    where the paper draws a single one: the same in expectation, with less noise [1]_. Other
    targets the source chose are not left out. Unlike a softmax each pair counts alike, however
    hard.

    References
    ----------
    .. [1] Rendle et al., BPR: Bayesian Personalized Ranking from Implicit Feedback, UAI 2009,
       arXiv:1205.2618, section 4.1.

    Examples
    --------
    >>> Bpr().hooks
    frozenset({'loss'})
    """

    def loss(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        from torch.nn.functional import softplus

        pairs = pairs_of(z, batch, "Bpr")
        return pairs.mean(softplus(pairs.z - pairs.own[:, None]))
