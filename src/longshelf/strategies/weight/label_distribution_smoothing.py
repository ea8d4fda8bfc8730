"""Label distribution smoothing, for regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.weight.per_row import mean_one, per_row
from longshelf.tables import FloatArray, Rows, Targets

__all__ = ["LabelDistributionSmoothing", "gaussian_window"]


def gaussian_window(kernel: int, sigma: float) -> FloatArray:
    """A Gaussian over ``kernel`` neighbouring bins, summing to 1; (kernel,).

    Examples
    --------
    >>> gaussian_window(3, 1.0).round(3).tolist()
    [0.274, 0.452, 0.274]
    """
    away = np.arange(kernel) - kernel // 2
    bell = np.exp(-(away**2) / (2 * sigma**2))
    return np.asarray(bell / bell.sum())


@dataclass(frozen=True, kw_only=True)
class LabelDistributionSmoothing(Strategy):
    """Weigh each row by the inverse density of its value, smoothed over neighbouring bins.

    Values near a common value are no rarities, however empty their own bin: the counts per bin
    are convolved with a Gaussian before they are inverted [1]_. Weights are clipped.

    Parameters
    ----------
    kernel : odd int, default 5
        Bins the smoothing spans.
    sigma : float > 0, default 2.0
        Width of the Gaussian, in bins.
    gamma : float >= 0, default 1.0
        Weight is ``density ** -gamma``; 0.5 is the square-root form.
    clip : float >= 1, default 20.0
        No weight is above this multiple of the median.

    Raises
    ------
    NotApplicable
        If targets are items, which have no order.

    References
    ----------
    .. [1] Yang et al., Delving into Deep Imbalanced Regression, ICML 2021, arXiv:2102.09554,
       eq. 1.

    Examples
    --------
    >>> LabelDistributionSmoothing(kernel=3).hooks
    frozenset({'weigh'})
    """

    kernel: int = 5
    sigma: float = 2.0
    gamma: float = 1.0
    clip: float = 20.0

    def __post_init__(self) -> None:
        if self.kernel < 1 or self.kernel % 2 == 0:
            raise InputError(f"the kernel must be an odd number of bins, got {self.kernel}")
        if self.sigma <= 0:
            raise InputError(f"sigma must be above 0, got {self.sigma}")

    def weigh(self, rows: Rows, targets: Targets) -> FloatArray:
        from scipy.ndimage import convolve1d

        if targets.kind == "item":
            raise NotApplicable("bins of a value have neighbours to smooth over; items have none")
        window = gaussian_window(self.kernel, self.sigma)
        density = convolve1d(targets.seen.astype(float), window, mode="constant")
        weights = per_row(np.maximum(density, 1.0) ** -self.gamma, rows.code)
        return mean_one(np.minimum(weights, self.clip * np.median(weights)))
