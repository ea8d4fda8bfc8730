"""The head first, then everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from longshelf.errors import InputError
from longshelf.strategies.base import Stage, Strategy
from longshelf.strategies.network.encoder import needs_encoder
from longshelf.tables import Targets

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["HeadFirst"]


@dataclass(frozen=True, kw_only=True)
class HeadFirst(Strategy):
    """Learn the head on a fixed encoder, then everything together.

    A head that starts from nothing sends large, blind gradients into a pretrained encoder and
    distorts it; one that knows its task does not [1]_.

    Parameters
    ----------
    share : float in (0, 1), default 0.3
        Share of the epochs that learns the head alone.
    rate : float > 0, default 1.0
        Factor on the learning rate once everything learns.

    Raises
    ------
    NotApplicable
        If the model learns nothing below its head.

    References
    ----------
    .. [1] Kumar et al., Fine-Tuning can Distort Pretrained Features and Underperform
       Out-of-Distribution, ICLR 2022, arXiv:2202.10054, section 3.4.

    Examples
    --------
    >>> [stage.learn for stage in HeadFirst().stages()]
    ['head', 'all']
    """

    share: float = 0.3
    rate: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.share < 1 or self.rate <= 0:
            raise InputError(
                f"HeadFirst needs a share in (0, 1) and a rate above 0, got {self.share} and "
                f"{self.rate}"
            )

    def build(self, net: Net, targets: Targets) -> Net:
        needs_encoder(net, "HeadFirst frees an encoder after the head")
        return net

    def stages(self) -> Sequence[Stage]:
        return (Stage(self.share, learn="head"), Stage(1 - self.share, rate=self.rate))
