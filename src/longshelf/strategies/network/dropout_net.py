"""Item vectors that can do without the id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.network.item_text import text_vectors
from longshelf.strategies.network.linear import linear_head
from longshelf.tables import Targets

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["DropoutNet"]


@dataclass(frozen=True, kw_only=True)
class DropoutNet(Strategy):
    """Add each target's text to its vector, and drop the learned part now and then.

    The text part learns to stand alone, so a target without a training row can be recommended
    from its text [1]_; predicting, such targets have the text part only. The paper drops inputs
    of a network that imitates a finished factorisation; here both parts learn from the ranking
    loss. Sources keep their vectors.

    Parameters
    ----------
    rate : float in [0, 1), default 0.5
        Probability that a target's learned part is dropped from a batch.
    encoder : str, default "tf_idf"
        Features of text: ``tf_idf``, ``minilm``, ``encoder(name=...)``.

    Raises
    ------
    NotApplicable
        If targets have no text, or the network no dense linear head.

    References
    ----------
    .. [1] Volkovs et al., DropoutNet: Addressing Cold Start in Recommender Systems, NeurIPS 2017,
       section 4.

    Examples
    --------
    >>> DropoutNet(rate=0.3).hooks
    frozenset({'build'})
    """

    rate: float = 0.5
    encoder: str = "tf_idf"

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise InputError(f"DropoutNet's rate must be in [0, 1), got {self.rate}")

    def build(self, net: Net, targets: Targets) -> Net:
        import torch

        from longshelf.models.causal_heads import TextHead

        head = linear_head(net, targets, "DropoutNet")
        text = torch.from_numpy(text_vectors(targets, self.encoder, "DropoutNet"))
        net.head = TextHead(head, text, torch.from_numpy(targets.seen == 0), self.rate)
        return net
