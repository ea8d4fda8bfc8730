"""The linear item-to-item model with a closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError, NotApplicable
from longshelf.models.base import Model
from longshelf.models.rank.profiles import Profiles, codes_of, profiles_of
from longshelf.models.rank.scorer import Scorer
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["Ease", "FittedEase"]

BLOCK = 1024
"""Columns filled or mirrored at once."""


@dataclass(frozen=True)
class FittedEase(Scorer):
    """The inverse of the Gram matrix; item-to-item weights are read off it when scoring.

    Parameters
    ----------
    profiles : Profiles
    inverse : (C, C) float32 array
        ``P``; the weights are ``-P / diag(P)`` by column, 0 on the diagonal.
    """

    profiles: Profiles
    inverse: FloatArray

    @property
    def parameters(self) -> int:
        return int(self.inverse.size)

    def scores(self, X: Matrix) -> FloatArray:
        profiles = self.profiles.of(codes_of(X, "ease"))
        scores = np.asarray(profiles @ self.inverse)
        scores /= -self.inverse.diagonal()
        row = np.repeat(np.arange(len(scores)), np.diff(profiles.indptr))
        scores[row, profiles.indices] += profiles.data
        return self.profiles.fill(scores, profiles)


@dataclass(frozen=True, kw_only=True)
class Ease(Model):
    """Regress every item on all others, ridge penalty, zero diagonal: EASE [1]_, exactly.

    One float32 (C, C) matrix is filled, inverted by Cholesky factors in place (LAPACK spotrf and
    spotri) and read when scoring, so the peak is 4 C² bytes and a block: 6.7 GB for 40,981 items.
    Work grows with C³. Sources without a profile get the popular items. Reads ``ids``, or
    ``history`` where new sources must be served. Row weights are the values of the profiles.

    Parameters
    ----------
    l2 : float > 0, default 80.0
        Ridge penalty, the published value for Gowalla; tune it.
    gigabytes : float > 0, default 14.0
        Largest matrix to try; more items are not applicable.

    Raises
    ------
    InputError
        If an argument is not positive.

    References
    ----------
    .. [1] Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019,
       arXiv:1905.03375, eq. 8.

    Examples
    --------
    >>> Ease(l2=500.0)
    Ease(l2=500.0, gigabytes=14.0)
    """

    abstract: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    l2: float = 80.0
    gigabytes: float = 14.0

    def __post_init__(self) -> None:
        for name in ("l2", "gigabytes"):
            if getattr(self, name) <= 0:
                raise InputError(f"ease's {name} must be above 0, got {getattr(self, name)}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedEase:
        needed = 4 * len(targets) ** 2 / 1e9
        if needed > self.gigabytes:
            raise NotApplicable(
                f"ease needs a matrix of {needed:.1f} GB for {len(targets)} items, and may take "
                f"{self.gigabytes:g}; raise gigabytes, or use item_knn or slim, which stay sparse"
            )
        profiles = profiles_of(X, rows, targets, strategy, "ease")
        return FittedEase(profiles, _inverse(_gram(profiles.matrix), self.l2))


def _gram(matrix: sp.csr_matrix) -> FloatArray:
    """Dense ``matrix.T @ matrix`` in column order; (C, C) float32."""
    items = matrix.shape[1]
    gram = np.empty((items, items), dtype=np.float32, order="F")
    turned = sp.csr_matrix(matrix.T)
    for start in range(0, items, BLOCK):
        block = turned[start : start + BLOCK] @ matrix
        gram[:, start : start + BLOCK] = block.toarray().T
    return gram


def _inverse(gram: FloatArray, l2: float) -> FloatArray:
    """Inverse of ``gram + l2 I``, written over it; returned in row order."""
    from scipy.linalg.lapack import spotrf, spotri

    gram[np.diag_indices_from(gram)] += np.float32(l2)
    factor, failed = spotrf(gram, lower=1, clean=0, overwrite_a=1)
    if not failed:
        inverse, failed = spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise InputError(f"ease's matrix is singular at l2={l2}; raise l2")
    for start in range(0, len(inverse), BLOCK):
        stop = start + BLOCK
        corner = inverse[start:stop, start:stop]
        corner[:] = np.tril(corner) + np.tril(corner, -1).T
        inverse[start:stop, stop:] = inverse[stop:, start:stop].T
    return np.asarray(inverse.T)
