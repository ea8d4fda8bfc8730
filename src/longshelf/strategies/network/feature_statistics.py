"""Running mean and variance of embeddings per bin, smoothed over neighbouring bins."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from longshelf.strategies.weight.label_distribution_smoothing import gaussian_window

__all__ = ["FeatureStatistics"]


class FeatureStatistics(nn.Module):
    """What feature distribution smoothing remembers between epochs.

    Parameters
    ----------
    bins : int
        Number of targets.
    width : int
        Length of an embedding.
    kernel, sigma
        Of the Gaussian over bins.
    momentum : float
        Share of the old statistics kept at the end of an epoch.
    """

    def __init__(self, bins: int, width: int, kernel: int, sigma: float, momentum: float) -> None:
        super().__init__()
        self.momentum = momentum
        window = torch.from_numpy(gaussian_window(kernel, sigma)).float()
        away = torch.arange(bins)[None] - torch.arange(bins)[:, None] + kernel // 2
        inside = (away >= 0) & (away < kernel)
        band = torch.where(inside, window[away.clamp(0, kernel - 1)], torch.zeros(()))
        self.band: Tensor
        self.now: Tensor
        self.count: Tensor
        self.mean: Tensor
        self.variance: Tensor
        self.known: Tensor
        self.register_buffer("band", band)
        self.register_buffer("now", torch.zeros(2, bins, width))
        self.register_buffer("count", torch.zeros(bins))
        self.register_buffer("mean", torch.zeros(bins, width))
        self.register_buffer("variance", torch.ones(bins, width))
        self.register_buffer("known", torch.zeros(bins, dtype=torch.bool))
        self.epoch = 0

    @torch.no_grad()
    def note(self, e: Tensor, code: Tensor, epoch: int) -> None:
        """Add a batch to the epoch's sums; close the epoch when a new one has begun."""
        if epoch != self.epoch:
            self._close()
            self.epoch = epoch
        self.now[0].index_add_(0, code, e)
        self.now[1].index_add_(0, code, e**2)
        self.count.index_add_(0, code, torch.ones_like(code, dtype=self.count.dtype))

    def _close(self) -> None:
        met = self.count > 0
        size = self.count[met, None]
        mean = self.now[0][met] / size
        variance = (self.now[1][met] / size - mean**2).clamp_min(0)
        kept = self.known[met, None] * self.momentum
        self.mean[met] = kept * self.mean[met] + (1 - kept) * mean
        self.variance[met] = kept * self.variance[met] + (1 - kept) * variance
        self.known |= met
        self.now.zero_()
        self.count.zero_()

    def smoothed(self, e: Tensor, code: Tensor) -> Tensor:
        """Embeddings moved from the statistics of their bin to the smoothed ones; (n, d)."""
        if not bool(self.known.any()):
            return e
        band = self.band * self.known.to(e.dtype)
        band = band / band.sum(dim=1, keepdim=True).clamp_min(1e-12)
        factor = ((band @ self.variance) / self.variance.clamp_min(1e-10)).clamp(0.1, 10).sqrt()
        moved = (e - self.mean[code]) * factor[code] + (band @ self.mean)[code]
        return torch.where(self.known[code][:, None], moved, e)
