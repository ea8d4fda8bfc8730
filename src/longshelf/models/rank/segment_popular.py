"""The items most often chosen by sources of the same segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.evidence import row_weights
from longshelf.models.base import Model
from longshelf.models.rank.scorer import Scorer
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["FittedSegments", "SegmentPopular"]


@dataclass(frozen=True)
class FittedSegments(Scorer):
    """Counts by segment, and everyone's shares.

    Parameters
    ----------
    keys : (S,) float array, sorted
        Fingerprints of the feature rows that make a segment.
    counts : (S, C) CSR
        Weight of each target's rows in each segment.
    share : (C,) float array
        Everyone's share of each target.
    prior : float
        Rows that everyone's shares count as in each segment.
    """

    keys: FloatArray
    counts: sp.csr_matrix
    share: FloatArray
    prior: float

    @property
    def parameters(self) -> int:
        return int(self.counts.nnz + self.share.size)

    def scores(self, X: Matrix) -> FloatArray:
        found = _fingerprints(X)
        place = np.minimum(np.searchsorted(self.keys, found), len(self.keys) - 1)
        known = sp.diags((self.keys[place] == found).astype(float))
        counts = (known @ self.counts[place]).toarray()
        total = counts.sum(axis=1, keepdims=True) + self.prior
        return np.asarray((counts + self.prior * self.share) / total, dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class SegmentPopular(Model):
    """Rank items by their share of the rows of the source's segment, drawn towards everyone's.

    A segment is whatever rows with equal features have in common: give it ``tabular`` over the
    groups that matter (age, country), not a column that is different for everyone. A segment
    training never met gets everyone's shares.

    Parameters
    ----------
    prior : float > 0, default 10.0
        Rows that everyone's shares count as in each segment.

    Raises
    ------
    InputError
        If ``prior`` is not positive.

    Notes
    -----
    The share is ``(n_si + prior * p_i) / (n_s + prior)``: the posterior mean under a Dirichlet
    prior with mean p.

    Examples
    --------
    >>> SegmentPopular(prior=50.0)
    SegmentPopular(prior=50.0)
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    prior: float = 10.0

    def __post_init__(self) -> None:
        if self.prior <= 0:
            raise InputError(f"segment_popular's prior must be above 0, got {self.prior}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedSegments:
        weights = row_weights(strategy, rows, targets)
        keys, segment = np.unique(_fingerprints(X), return_inverse=True)
        counts = sp.csr_matrix(
            (weights, (segment, rows.code)), shape=(len(keys), len(targets)), dtype=float
        )
        share = np.asarray(counts.sum(axis=0)).ravel() / weights.sum()
        return FittedSegments(keys, counts, share, self.prior)


def _fingerprints(X: Matrix) -> FloatArray:
    """A number per row, equal for equal rows; (n,) float64."""
    draw = np.random.default_rng(0).random(X.shape[1])
    if sp.issparse(X):
        return np.asarray(sp.csr_matrix(X, dtype=np.float64) @ draw)
    return np.asarray((np.asarray(X, dtype=np.float64) * draw).sum(axis=1))
