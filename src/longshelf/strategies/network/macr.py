"""Model-agnostic counterfactual reasoning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.network.linear import linear_head
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["Macr"]


@dataclass(frozen=True, kw_only=True)
class Macr(Strategy):
    """Let an item branch and a source branch explain popularity, and take their part off.

    Learned with ``y_k * s(y_i) * s(y_u)``, y_k the match, y_i and y_u read from the item's and
    the source's vector, s the sigmoid; predicted with ``(y_k - c) * s(y_i) * s(y_u)``, what
    remains of the choice once the item's own pull is gone [1]_. The branches also learn by
    themselves, by binary cross-entropy. The paper's main loss is one as well: write
    ``Macr + BinaryCrossEntropy``.

    Parameters
    ----------
    c : float, default 10.0
        Score of a match that says nothing; the paper tunes it on an even test set, and 10 is the
        released code's default.
    alpha, beta : float >= 0, default 1e-3
        Weights of the item's and of the source's own loss.

    Raises
    ------
    NotApplicable
        If the network has no dense linear head.

    References
    ----------
    .. [1] Wei et al., Model-Agnostic Counterfactual Reasoning for Eliminating Popularity Bias in
       Recommender System, KDD 2021, arXiv:2010.15363, eq. 5 to 10.

    Examples
    --------
    >>> sorted(Macr(c=30.0).hooks)
    ['build', 'step']
    """

    c: float = 10.0
    alpha: float = 1e-3
    beta: float = 1e-3

    def __post_init__(self) -> None:
        if self.alpha < 0 or self.beta < 0:
            raise InputError(
                f"Macr's alpha and beta must be at least 0, got {self.alpha} and {self.beta}"
            )

    def build(self, net: Net, targets: Targets) -> Net:
        from longshelf.models.causal_heads import MacrHead

        net.head = MacrHead(linear_head(net, targets, "Macr"), self.c)
        return net

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        from torch.nn.functional import softplus

        head: Any = net.head
        batch.embedding = e = net.embed(batch.x)
        main = criterion(head(e, batch.ids), batch)
        appeal, ease = head.appeal(head.rows(batch.ids))[:, 0], head.ease(e)[:, 0]
        as_negative = softplus(appeal)
        others = (as_negative.sum() - as_negative[batch.y]) / max(len(appeal) - 1, 1)
        item = softplus(-appeal[batch.y]) + others
        source = softplus(-ease) + softplus(ease)
        own: Tensor = ((self.alpha * item + self.beta * source) * batch.weight).mean()
        return main + own
