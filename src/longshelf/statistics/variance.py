"""Standard errors of differences over units and seeds, for all pairs of arms at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.special import stdtr, stdtrit

from longshelf.tables import FloatArray, IntArray

__all__ = ["Crossed", "two_sided"]


def two_sided(statistic: FloatArray, freedom: FloatArray) -> FloatArray:
    """Two-sided p-value of a t statistic."""
    return np.asarray(2 * stdtr(freedom, -np.abs(statistic)))


@dataclass(frozen=True)
class Crossed:
    """K arms measured on S seeds and m units: what any difference between two arms needs.

    Parameters
    ----------
    values : (S, K) float array
        The metric.
    mean : (K, K) float array
        Gram matrix over units of influences averaged over seeds: variance of seed means.
    within : (K, K) float array
        Gram matrix over units, averaged over seeds: variance of one seed's value.
    units : int
        m.
    redrawn : bool
        Whether every seed draws its own split.
    """

    values: FloatArray
    mean: FloatArray
    within: FloatArray
    units: int
    redrawn: bool

    @classmethod
    def of(
        cls,
        values: FloatArray,
        influences: Sequence[FloatArray],
        units: Sequence[IntArray],
        redrawn: bool,
    ) -> Crossed:
        """Gather per-row influences by unit.

        Parameters
        ----------
        values : (S, K) float array
            The metric.
        influences : S arrays (n_s, K)
            Of every row on its seed's value.
        units : S int arrays (n_s,)
            The sampled unit of each row; the same number is the same unit in every seed.
        redrawn : bool
            Whether every seed draws its own split.
        """
        names, code = np.unique(np.concatenate(list(units)), return_inverse=True)
        m, seeds = len(names), len(influences)
        ends = np.cumsum([len(part) for part in units])
        total = np.zeros((m, values.shape[1]))
        within = np.zeros((values.shape[1],) * 2)
        for part, at in zip(influences, np.split(code, ends[:-1]), strict=True):
            share = np.asarray(part, dtype=float) / len(at)
            gather = sp.csr_matrix((np.ones(len(at)), (at, np.arange(len(at)))), (m, len(at)))
            of_unit = gather @ share
            total += of_unit / seeds
            within += of_unit.T @ of_unit / seeds
        fair = m / max(m - 1, 1)
        return cls(values, total.T @ total * fair, within * fair, m, redrawn)

    @property
    def seeds(self) -> int:
        """S."""
        return len(self.values)

    def errors(self, one: IntArray, other: IntArray) -> tuple[FloatArray, FloatArray]:
        """Standard error and degrees of freedom of the mean difference of pairs of arms.

        Fixed split: ``se² = s²_seed / S + s²_unit``. Redrawn splits: the seeds' own test rows are
        already in ``s²_seed``, so only what the seeds share through common units is added, and the
        whole is never below the sampling variance of the units. Satterthwaite degrees of freedom.

        Parameters
        ----------
        one, other : int arrays (P,)
            Arms.

        Returns
        -------
        se, df : (P,) float arrays
        """

        def apart(gram: FloatArray) -> FloatArray:
            square = gram[one, one] + gram[other, other] - 2 * gram[one, other]
            return np.maximum(square, 0.0)

        sampled, s = apart(self.mean), self.seeds
        many = float(max(self.units - 1, 1))
        if s < 2:
            return np.sqrt(sampled), np.full(len(one), many)
        drawn = (self.values[:, one] - self.values[:, other]).var(axis=0, ddof=1) / s
        if self.redrawn:
            shared = np.maximum((s * sampled - apart(self.within)) / (s - 1), 0.0)
            square = np.maximum(drawn + shared, sampled)
        else:
            square = drawn + sampled
        rest = square - drawn
        below = drawn**2 / (s - 1) + rest**2 / many
        free = np.divide(square**2, below, out=np.full(len(one), many), where=below > 0)
        return np.sqrt(square), free

    def compare(
        self, one: IntArray, other: IntArray, level: float = 0.95
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """Difference of seed means, low, high, p and standard error of pairs of arms; (P,) each."""
        value = (self.values[:, one] - self.values[:, other]).mean(axis=0)
        se, free = self.errors(one, other)
        wide = stdtrit(free, 0.5 + level / 2) * se
        with np.errstate(divide="ignore", invalid="ignore"):
            p = two_sided(value / se, free)
        p = np.where(se > 0, p, np.where(value == 0, 1.0, np.nan))
        return value, value - wide, value + wide, p, se
