"""Cross decoupling of memory and generalisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.network.item_text import text_vectors
from longshelf.strategies.network.linear import linear_head
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["Cdn"]


@dataclass(frozen=True, kw_only=True)
class Cdn(Strategy):
    """Frequent targets from memory, rare ones from text; sources read for both kinds of batch.

    A target's vector is ``g * id + (1 - g) * text`` with a gate g that opens with its log count;
    a source is read by a main and a balancing map, in the shares alpha and 1 - alpha, alpha
    falling from 1 by ``1 - (t / gamma)**2``, t the share of the epochs done [1]_. The paper draws
    a second, balanced batch for the balancing map; here the same batch counts twice, as it is
    with weight alpha and with rows weighed by 1/n with weight 1 - alpha. Prediction keeps the
    last alpha.

    Parameters
    ----------
    gamma : float > 1, default 2.0
        The larger, the more of the main map is left at the end.
    encoder : str, default "tf_idf"
        Features of text: ``tf_idf``, ``minilm``, ``encoder(name=...)``.

    Raises
    ------
    NotApplicable
        If targets have no text, or the network no dense linear head.

    References
    ----------
    .. [1] Zhang et al., Empowering Long-tail Item Recommendation through Cross Decoupling Network
       (CDN), KDD 2023, arXiv:2210.14309, section 4.

    Examples
    --------
    >>> sorted(Cdn().hooks)
    ['build', 'step']
    """

    gamma: float = 2.0
    encoder: str = "tf_idf"

    def __post_init__(self) -> None:
        if self.gamma <= 1:
            raise InputError(f"Cdn's gamma must be above 1, got {self.gamma}")

    def build(self, net: Net, targets: Targets) -> Net:
        import torch

        from longshelf.models.causal_heads import CrossHead

        head = linear_head(net, targets, "Cdn")
        text = torch.from_numpy(text_vectors(targets, self.encoder, "Cdn"))
        heard = np.log1p(targets.seen)
        often = torch.from_numpy(heard / max(heard.max(), 1e-12)).float()
        net.head = CrossHead(head, text, often)
        counts = torch.from_numpy(np.maximum(targets.seen, 1.0)).float()
        net.register_buffer("counts", counts, persistent=False)
        return net

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        head: Any = net.head
        alpha = 1 - (batch.progress / self.gamma) ** 2
        head.share.fill_(alpha)
        batch.embedding = net.embed(batch.x)
        z = head(batch.embedding, batch.ids)
        rare = batch.weight / net.get_buffer("counts")[batch.code]
        even = replace(batch, weight=rare / rare.mean().clamp_min(1e-12))
        return alpha * criterion(z, batch) + (1 - alpha) * criterion(z, even)
