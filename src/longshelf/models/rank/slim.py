"""The sparse linear item-to-item model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.models.base import Model
from longshelf.models.rank.nearest import strongest
from longshelf.models.rank.profiles import Profiles, codes_of, profiles_of
from longshelf.models.rank.scorer import Scorer
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid

__all__ = ["FittedSlim", "Slim"]

BLOCK = 256
"""Items solved side by side."""

START = 64
"""Candidates a regression that admits all begins with."""


@dataclass(frozen=True)
class FittedSlim(Scorer):
    """Weights of items on items.

    Parameters
    ----------
    profiles : Profiles
    weights : (C, C) CSR
        A row per item a source had, the items it speaks for in the columns.
    """

    profiles: Profiles
    weights: sp.csr_matrix

    @property
    def parameters(self) -> int:
        return int(self.weights.nnz)

    def scores(self, X: Matrix) -> FloatArray:
        profiles = self.profiles.of(codes_of(X, "slim"))
        return self.profiles.fill((profiles @ self.weights).toarray(), profiles)


@dataclass(frozen=True, kw_only=True)
class Slim(Model):
    """Regress every item on the others by a sparse, non-negative elastic net: SLIM [1]_.

    For each item j: minimise ``|x_j - X w|² / 2 + l2 |w|² / 2 + l1 |w|``, w >= 0, w_j = 0, by
    coordinate descent on the Gram matrix, many items side by side. With ``candidates=None`` every
    co-occurring item may enter: a solution on some is checked against the conditions of optimality
    on all, those that break them join, until none does. Sources without a profile get the popular
    items. Reads ``ids``, or ``history`` where new sources must be served. Row weights are the
    values of the profiles.

    Parameters
    ----------
    l1 : float >= 0, default 1.0
        Sparseness.
    l2 : float > 0, default 10.0
        Ridge penalty.
    candidates : int >= 1 or None, default 100
        Items that may enter a regression: those of the largest cosine with it (fsSLIM in [1]_).
        None admits all.
    tolerance : float > 0, default 1e-4
        Largest last change of a weight.
    sweeps : int >= 1, default 100
        Most passes over the coordinates.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    .. [1] Ning and Karypis, SLIM: Sparse Linear Methods for Top-N Recommender Systems, ICDM 2011,
       eq. 3 and section 4.2.

    Examples
    --------
    >>> Slim(l1=0.5, candidates=None).candidates is None
    True
    """

    abstract: ClassVar[bool] = False
    seeded: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    l1: float = 1.0
    l2: float = 10.0
    candidates: int | None = 100
    tolerance: float = 1e-4
    sweeps: int = 100

    def __post_init__(self) -> None:
        if self.l1 < 0 or self.l2 <= 0:
            raise InputError(
                f"slim's l1 must be 0 or more and l2 above 0, got l1={self.l1}, l2={self.l2}"
            )
        if self.candidates is not None and self.candidates < 1:
            raise InputError(f"slim's candidates must be at least 1, got {self.candidates}")
        if self.tolerance <= 0 or self.sweeps < 1:
            raise InputError(
                "slim's tolerance must be above 0 and sweeps at least 1, "
                f"got {self.tolerance} and {self.sweeps}"
            )

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedSlim:
        profiles = profiles_of(X, rows, targets, strategy, "slim")
        columns = sp.csc_matrix(profiles.matrix)
        parts = [
            self._solve(columns, np.arange(start, min(start + BLOCK, len(targets))))
            for start in range(0, len(targets), BLOCK)
        ]
        return FittedSlim(profiles, sp.csr_matrix(sp.vstack(parts).T))

    def _solve(self, columns: sp.csc_matrix, items: IntArray) -> sp.csr_matrix:
        """Weights of a block of items; (b, C) CSR."""
        pull = sp.csr_matrix(columns[:, items].T @ columns)
        row = np.repeat(np.arange(len(items)), np.diff(pull.indptr))
        pull.data[pull.indices == items[row]] = 0
        pull.eliminate_zeros()
        spread = np.asarray(columns.multiply(columns).sum(axis=0), dtype=np.float64).ravel()
        near = pull.copy()
        near.data = near.data / np.sqrt(spread[near.indices])
        free = sp.csr_matrix(strongest(near, self.candidates or START) != 0)
        while True:
            weights = self._descend(columns, pull, free)
            if self.candidates is not None:
                return weights
            slope = pull - (weights @ columns.T) @ columns
            slack = self.tolerance * float(spread.max(initial=1.0))
            broken = sp.csr_matrix(slope.multiply(pull != 0) > self.l1 + slack)
            broken = sp.csr_matrix(broken > free)
            if broken.nnz == 0:
                return weights
            free = sp.csr_matrix(free + broken)

    def _descend(
        self, columns: sp.csc_matrix, pull: sp.csr_matrix, free: sp.csr_matrix
    ) -> sp.csr_matrix:
        """Coordinate descent of every row on its free coordinates, side by side."""
        counts = np.diff(free.indptr)
        wide = int(counts.max(initial=0))
        if wide == 0:
            return sp.csr_matrix(free.shape, dtype=np.float32)
        row = np.repeat(np.arange(len(counts)), counts)
        place = np.arange(free.nnz) - np.repeat(free.indptr[:-1], counts)
        ids = np.zeros((len(counts), wide), dtype=np.int64)
        ids[row, place] = free.indices
        held = np.zeros(ids.shape, dtype=bool)
        held[row, place] = True
        square = np.stack([(own.T @ own).toarray() for own in (columns[:, few] for few in ids)])
        slope = np.zeros(ids.shape)
        slope[held] = np.asarray(pull[row, free.indices]).ravel()
        weights = _coordinates(square, slope, held, self)
        keep = weights > 0
        found = (weights[keep], (np.nonzero(keep)[0], ids[keep]))
        return sp.csr_matrix(found, shape=free.shape, dtype=np.float32)


def _coordinates(square: FloatArray, pull: FloatArray, held: FloatArray, model: Slim) -> FloatArray:
    """Non-negative elastic nets side by side; square (b, m, m), pull (b, m) -> weights (b, m)."""
    weights = np.zeros(pull.shape)
    slope = np.array(pull, dtype=float)
    own = np.einsum("bmm->bm", square).astype(float)
    for _ in range(model.sweeps):
        largest = 0.0
        for i in range(pull.shape[1]):
            wanted = (slope[:, i] + own[:, i] * weights[:, i] - model.l1) / (own[:, i] + model.l2)
            change = np.where(held[:, i], np.maximum(wanted, 0.0), 0.0) - weights[:, i]
            weights[:, i] += change
            slope -= change[:, None] * square[:, i]
            largest = max(largest, float(np.abs(change).max()))
        if largest <= model.tolerance:
            break
    return weights
