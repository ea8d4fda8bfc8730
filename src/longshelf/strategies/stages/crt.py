"""Classifier re-training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError
from longshelf.strategies.base import Stage, Strategy
from longshelf.strategies.network.encoder import needs_encoder
from longshelf.strategies.sampling.class_balanced_sampling import ClassBalancedSampling
from longshelf.tables import Targets

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["Crt"]


@dataclass(frozen=True, kw_only=True)
class Crt(Strategy):
    """Learn everything plainly, then freeze the encoder and learn a fresh head on balanced rows.

    Representation and classifier want different sampling [1]_. A model without an encoder below
    its head has nothing to keep: not applicable.

    Parameters
    ----------
    share : float in (0, 1), default 0.7
        Share of the epochs that learns everything.

    References
    ----------
    .. [1] Kang et al., Decoupling Representation and Classifier for Long-Tailed Recognition,
       ICLR 2020, arXiv:1910.09217, section 4.1.

    Examples
    --------
    >>> [stage.learn for stage in Crt().stages()]
    ['all', 'head']
    """

    share: float = 0.7

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InputError(f"Crt's share must be in (0, 1), got {self.share}")

    def build(self, net: Net, targets: Targets) -> Net:
        needs_encoder(net, "Crt keeps an encoder")
        return net

    def stages(self) -> Sequence[Stage]:
        return (
            Stage(self.share),
            Stage(1 - self.share, strategy=ClassBalancedSampling(), learn="head", reset=True),
        )
