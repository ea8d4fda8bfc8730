"""Cosine contrastive loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.loss.pairs import pairs_of
from longshelf.strategies.network.cosine import with_cosine
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["Ccl"]


@dataclass(frozen=True, kw_only=True)
class Ccl(Strategy):
    """SimpleX: ``1 - cos_i`` plus ``weight`` times the mean of ``max(0, cos_j - margin)``.

    Negatives under the margin are left in peace, and lengths, which carry popularity, leave the
    score: the head becomes a cosine [1]_. Every target but the own is a negative, or every one
    that a law of negatives drew; the paper draws hundreds.

    Parameters
    ----------
    margin : float in [-1, 1], default 0.4
    weight : float > 0, default 10.0
        Of the negatives; the paper tunes both per data set.

    References
    ----------
    .. [1] Mao et al., SimpleX: A Simple and Strong Baseline for Collaborative Filtering, CIKM
       2021, arXiv:2109.12613, eq. 1.

    Examples
    --------
    >>> sorted(Ccl(margin=0.8).hooks)
    ['build', 'loss']
    """

    margin: float = 0.4
    weight: float = 10.0

    def __post_init__(self) -> None:
        if not -1 <= self.margin <= 1 or self.weight <= 0:
            raise InputError(
                "Ccl needs a margin in [-1, 1] and a weight above 0, "
                f"got {self.margin} and {self.weight}"
            )

    def build(self, net: Net, targets: Targets) -> Net:
        return with_cosine(net, targets, 1.0, "Ccl")

    def loss(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        pairs = pairs_of(z, batch, "Ccl")
        return (1 - pairs.own) + self.weight * pairs.mean((pairs.z - self.margin).clamp_min(0))
