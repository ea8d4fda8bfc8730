"""Feature distribution smoothing, for regression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.network.encoder import needs_encoder
from longshelf.tables import Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["FeatureDistributionSmoothing"]


@dataclass(frozen=True, kw_only=True)
class FeatureDistributionSmoothing(Strategy):
    """Give embeddings of rare values the mean and spread of their neighbours.

    Per bin of the value, mean and variance of the embeddings of the last epochs are smoothed by a
    Gaussian over bins, and embeddings are moved from the bin's statistics to the smoothed ones
    while learning [1]_; prediction is plain. Ours smooths over bins that have rows only, gathers
    the statistics as batches pass, and sets in with the second epoch.

    Parameters
    ----------
    kernel : odd int, default 5
        Bins the smoothing spans.
    sigma : float > 0, default 2.0
        Width of the Gaussian, in bins.
    momentum : float in [0, 1), default 0.9
        Share of the old statistics kept at the end of an epoch.

    Raises
    ------
    NotApplicable
        If nothing is learned below the head, the embeddings are sparse rows, or targets items.

    References
    ----------
    .. [1] Yang et al., Delving into Deep Imbalanced Regression, ICML 2021, arXiv:2102.09554,
       eq. 2 to 5.

    Examples
    --------
    >>> sorted(FeatureDistributionSmoothing().hooks)
    ['build', 'step']
    """

    kernel: int = 5
    sigma: float = 2.0
    momentum: float = 0.9

    def __post_init__(self) -> None:
        if self.kernel < 1 or self.kernel % 2 == 0:
            raise InputError(f"the kernel must be an odd number of bins, got {self.kernel}")
        if self.sigma <= 0:
            raise InputError(f"sigma must be above 0, got {self.sigma}")
        if not 0 <= self.momentum < 1:
            raise InputError(f"the momentum must be in [0, 1), got {self.momentum}")

    def build(self, net: Net, targets: Targets) -> Net:
        from longshelf.strategies.network.feature_statistics import FeatureStatistics

        if targets.kind == "item":
            raise NotApplicable("bins of a value have neighbours to smooth over; items have none")
        needs_encoder(net, "embeddings are smoothed")
        head: Any = net.head
        width = int(head.weight.shape[1])
        net.statistics = FeatureStatistics(
            len(targets), width, self.kernel, self.sigma, self.momentum
        )
        return net

    def step(self, net: Net, batch: Batch, criterion: Callable[[Tensor, Batch], Tensor]) -> Tensor:
        e = net.embed(batch.x)
        statistics: Any = net.statistics
        statistics.note(e.detach(), batch.code, batch.epoch)
        batch.embedding = statistics.smoothed(e, batch.code)
        return criterion(net.head(batch.embedding), batch)
