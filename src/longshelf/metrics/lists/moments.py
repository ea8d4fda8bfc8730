"""Sums of a ratio metric over sources, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from longshelf.tables import FloatArray, IntArray

__all__ = ["Moments"]


@dataclass(frozen=True, eq=False)
class Moments:
    """Count of sources, sums and products of numerators and denominators; (6, G).

    Added over blocks of sources, so that nothing per source has to be kept.
    """

    sums: FloatArray

    @classmethod
    def of(cls, top: FloatArray, bottom: FloatArray) -> Moments:
        """Of each row of (S, u) arrays."""
        parts = (bottom > 0, top, bottom, top**2, top * bottom, bottom**2)
        return cls(np.stack([part.sum(axis=1, dtype=float) for part in parts]))

    @classmethod
    def by_group(cls, top: FloatArray, bottom: FloatArray, code: IntArray, n: int) -> Moments:
        """Of sources (u,) by group 0 to n; a code of -1 is left out."""
        kept = code >= 0
        top, bottom, code = top[kept], bottom[kept], code[kept]
        parts = (bottom > 0, top, bottom, top**2, top * bottom, bottom**2)
        return cls(np.stack([np.bincount(code, part, n) for part in parts]))

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.sums + other.sums)

    @property
    def support(self) -> FloatArray:
        """Sources that are not left out; (G,)."""
        return np.asarray(self.sums[0])

    @property
    def value(self) -> FloatArray:
        """Ratio of the sums, NaN without a source; (G,)."""
        _, top, bottom = self.sums[:3]
        blank = np.full(len(top), np.nan)
        return np.asarray(np.divide(top, bottom, out=blank, where=bottom > 0))

    @property
    def half_width(self) -> FloatArray:
        """Of the 95% interval over sources, NaN under two; (G,)."""
        n, _, bottom, square, cross, below = self.sums
        ratio = np.nan_to_num(self.value)
        residual = np.maximum(square - 2 * ratio * cross + ratio**2 * below, 0)
        known = n > 1
        n = np.where(known, n, 2)
        error = np.sqrt(residual * n / (n - 1)) / np.where(known, bottom, 1)
        return np.where(known, stdtrit(n - 1, 0.975) * error, np.nan)
