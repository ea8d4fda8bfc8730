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
"""Rows filled, multiplied or mirrored at once."""


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

    One float32 (C, C) matrix is filled, inverted in place by halves and read when scoring, so the
    peak is 5 C² bytes: 8.4 GB for 40,981 items. Work grows with C³. Sources without a profile get the popular items. Reads ``ids``, or
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
    seeded: ClassVar[bool] = False
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
    """Dense ``matrix.T @ matrix``; (C, C) float32."""
    items = matrix.shape[1]
    gram = np.empty((items, items), dtype=np.float32)
    turned = sp.csr_matrix(matrix.T)
    for start in range(0, items, BLOCK):
        gram[start : start + BLOCK] = (turned[start : start + BLOCK] @ matrix).toarray()
    return gram


def _inverse(gram: FloatArray, l2: float) -> FloatArray:
    """Inverse of ``gram + l2 I``, written over it."""
    gram[np.diag_indices_from(gram)] += np.float32(l2)
    _invert(gram, l2)
    return gram


def _invert(a: FloatArray, l2: float) -> None:
    """Write the inverse over a matrix whose upper triangle is given, halving it.

    By the Schur complement of the first half: n³ multiplications and additions, as Cholesky factors
    take, nearly all in matrix products.
    """
    if len(a) <= BLOCK:
        a[:] = _small(a, l2)
        return
    half = len(a) // 2
    first, across, last = a[:half, :half], a[:half, half:], a[half:, half:]
    _invert(first, l2)
    carried = across.T @ first
    _subtract(last, carried, across)
    _invert(last, l2)
    np.matmul(carried.T, last, out=across)
    np.negative(across, out=across)
    _subtract(first, across, carried)
    _mirror(a)


def _small(a: FloatArray, l2: float) -> FloatArray:
    from scipy.linalg.lapack import spotrf, spotri

    factor, failed = spotrf(a, lower=0)
    if failed:
        raise InputError(f"ease's matrix is singular at l2={l2}; raise l2")
    upper = np.triu(spotri(factor, lower=0)[0])
    return np.asarray(upper + np.triu(upper, 1).T)


def _subtract(a: FloatArray, left: FloatArray, right: FloatArray) -> None:
    """``a -= left @ right`` in the upper triangle."""
    for start in range(0, len(a), BLOCK):
        stop = start + BLOCK
        a[start:stop, start:] -= left[start:stop] @ right[:, start:]


def _mirror(a: FloatArray) -> None:
    """Copy the upper triangle to the lower."""
    for start in range(0, len(a), BLOCK):
        stop = start + BLOCK
        corner = a[start:stop, start:stop]
        corner[:] = np.triu(corner) + np.triu(corner, 1).T
        a[stop:, start:stop] = a[start:stop, stop:].T
