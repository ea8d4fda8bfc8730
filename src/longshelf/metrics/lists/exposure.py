"""How far exposure is from what relevance deserves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.metrics.lists.base import ListMetric
from longshelf.metrics.lists.block import Block
from longshelf.tables import FloatArray

__all__ = ["PATIENCE", "ExpectedExposureLoss"]

PATIENCE = 0.8
"""Probability that a reader goes on to the next place."""


@dataclass(frozen=True, kw_only=True)
class ExpectedExposureLoss(ListMetric):
    """Squared distance of the exposure lists give from that of equal exposure for equal merit [1]_.

    The target exposure is that of a fair coin over all lists of k with every relevant target
    before every other one: the relevant ones share the first places, the rest share what is left.
    A place r has exposure .8^(r − 1). Relevant is any grade above 0.

    References
    ----------
    .. [1] Diaz et al., Evaluating Stochastic Rankings with Expected Exposure, CIKM 2020,
       arXiv:2004.13157, eq. 3.

    Examples
    --------
    >>> ExpectedExposureLoss().greater_is_better
    False
    """

    abstract: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = False
    sliced: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, np.inf)
    stem: ClassVar[str] = "expected_exposure_loss"
    definition: ClassVar[str] = (
        "sum over targets of (exposure - fair exposure)^2, mean over sources"
    )

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        k, size = min(self.k, block.ids.shape[1]), len(block.catalogue)
        given = PATIENCE ** np.arange(self.k)
        listed = block.listed[:, :k]
        whole, square = listed @ given[:k], listed @ given[:k] ** 2
        hit = block.truth.place < self.k
        good = np.bincount(block.truth.source[hit], given[block.truth.place[hit]], block.u)
        m = block.count[0]
        first = _until(np.minimum(m, self.k))
        rest = _until(np.array(min(self.k, size))) - first
        fair = first / np.maximum(m, 1)
        other = rest / np.maximum(size - m, 1)
        cross = fair * good + other * (whole - good)
        value = square - 2 * cross + m * fair**2 + (size - m) * other**2
        return np.where(m > 0, np.maximum(value, 0), 0.0)[None], (m > 0).astype(float)[None]


def _until(places: FloatArray) -> FloatArray:
    """Exposure of the first places together."""
    return np.asarray((1 - PATIENCE**places) / (1 - PATIENCE))
