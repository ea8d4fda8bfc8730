"""Interest apart from conformity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.loss.pairs import pairs_of
from longshelf.strategies.network.linear import linear_head
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["DiceCausal", "distance_correlation"]

MOST = 256
"""Vectors of a batch whose correlation is taken: it costs their number squared."""


def distance_correlation(x: Tensor, y: Tensor) -> Tensor:
    """Distance correlation of two samples of vectors (n, d), 0 where they are independent."""
    import torch

    def centred(v: Tensor) -> Tensor:
        a = torch.cdist(v, v, compute_mode="donot_use_mm_for_euclid_dist")
        return a - a.mean(0, keepdim=True) - a.mean(1, keepdim=True) + a.mean()

    a, b = centred(x), centred(y)
    both = (a * b).mean().clamp_min(0) + 1e-12
    own = ((a * a).mean() * (b * b).mean()).clamp_min(1e-12)
    return both.sqrt() / own**0.25


@dataclass(frozen=True, kw_only=True)
class DiceCausal(Strategy):
    """Split vectors in a half for interest and a half for conformity, and teach each its causes.

    A choice over something more popular was interest; over something less popular it may have
    been either [1]_. Beside the loss of the whole score, pairs teach the halves: with a more
    popular negative interest ranks the choice above and conformity below it, with a less popular
    one conformity ranks it above. Distance correlation keeps the halves apart; of the paper's
    three measures the only bounded one. Scores use both halves, as in the paper. Every target but
    the own is a negative, or every one that a law of negatives drew; the paper draws them a
    popularity margin away. Its main loss is :class:`Bpr`: write ``DiceCausal + Bpr``.

    Parameters
    ----------
    weight : float >= 0, default 0.1
        Of the interest and conformity losses.
    decay : float in (0, 1], default 0.9
        Factor on ``weight`` per epoch.
    penalty : float >= 0, default 0.01
        Of the correlation between halves.

    Raises
    ------
    NotApplicable
        If the network has no dense linear head of even width.

    References
    ----------
    .. [1] Zheng et al., Disentangling User Interest and Conformity for Recommendation with Causal
       Embedding, WWW 2021, arXiv:2006.11011, eq. 8 to 15.

    Examples
    --------
    >>> sorted(DiceCausal().hooks)
    ['build', 'step']
    """

    weight: float = 0.1
    decay: float = 0.9
    penalty: float = 0.01

    def __post_init__(self) -> None:
        if self.weight < 0 or not 0 < self.decay <= 1 or self.penalty < 0:
            raise InputError(
                "DiceCausal needs weight and penalty from 0 and decay in (0, 1], "
                f"got {self.weight}, {self.penalty} and {self.decay}"
            )

    def build(self, net: Net, targets: Targets) -> Net:
        import torch

        width = linear_head(net, targets, "DiceCausal").weight.shape[1]
        if width % 2:
            raise NotApplicable(f"DiceCausal halves the vectors and their width is {width}")
        counts = torch.from_numpy(np.asarray(targets.seen)).float()
        net.register_buffer("counts", counts, persistent=False)
        return net

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        head: Any = net.head
        batch.embedding = e = net.embed(batch.x)
        v = head.weight if batch.ids is None else head.rows(batch.ids)
        half = v.shape[1] // 2
        interest, conformity = e[:, :half] @ v[:, :half].T, e[:, half:] @ v[:, half:].T
        bias = head.bias if batch.ids is None else head.bias[batch.ids]
        main = criterion(interest + conformity + bias, batch)
        causes = (self.causes(net, batch, interest, conformity) * batch.weight).mean()
        own = v[batch.y]
        apart = sum(
            distance_correlation(part[:MOST, :half], part[:MOST, half:]) for part in (e, own)
        )
        loss: Tensor = main + self.weight * self.decay**batch.epoch * causes + self.penalty * apart
        return loss

    def causes(self, net: Net, batch: Batch, interest: Tensor, conformity: Tensor) -> Tensor:
        """Interest and conformity losses of each row; (n,)."""
        from torch.nn.functional import softplus

        counts = net.get_buffer("counts")
        counts = counts if batch.ids is None else counts[batch.ids]
        pairs = pairs_of(interest, batch, "DiceCausal")
        above = counts[pairs.columns] > counts[batch.y][:, None]
        by_interest = softplus(pairs.z - pairs.own[:, None]) * above
        gap = conformity[:, pairs.columns] - conformity.gather(1, batch.y[:, None])
        by_conformity = softplus(-gap) * above + softplus(gap) * ~above
        return pairs.mean(by_interest + by_conformity)
