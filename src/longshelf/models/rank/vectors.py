"""Scores as products of a source's and a target's vector."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from longshelf.models.base import Head
from longshelf.models.rank.profiles import Profiles, codes_of, ids_of
from longshelf.models.rank.scorer import Scorer
from longshelf.models.rank.top import top_factors
from longshelf.tables import FloatArray, Matrix, Ranking

__all__ = ["ProfileVectors", "SourceVectors", "threads"]


def threads() -> int:
    """How many threads a library may use: ``LONGSHELF_THREADS``, 1 where it is not set."""
    return int(os.environ.get("LONGSHELF_THREADS", "1"))


def best(
    U: FloatArray, V: FloatArray, X: Matrix, profiles: Profiles, k: int, seen: sp.csr_matrix | None
) -> Ranking:
    """The k best products of vectors, and the popular for rows of X without a profile.

    One more column does both at once: popularity among the targets' vectors, 1 for such a row.
    """
    without = np.diff(profiles.of(X).indptr) == 0
    own = np.where(without[:, None], 0, U)
    return top_factors(
        np.column_stack([own, without]), np.column_stack([V, profiles.popular]), None, k, seen
    )


@dataclass(frozen=True)
class SourceVectors(Scorer):
    """A vector for every source of training and every target.

    Parameters
    ----------
    profiles : Profiles
    sources : (S, d) float32 array
    items : (C, d) float32 array
    model : str
        Who asks, for errors.
    """

    profiles: Profiles
    sources: FloatArray
    items: FloatArray
    model: str

    @property
    def parameters(self) -> int:
        return int(self.sources.size + self.items.size)

    @property
    def head(self) -> Head:
        """The targets' vectors, without a bias."""
        return Head(self.items, np.zeros(len(self.items), np.float32))

    def embeddings(self, X: Matrix) -> FloatArray:
        """Vectors of the sources; (n, d)."""
        return np.asarray(self.sources[self.profiles.sources(ids_of(X, self.model))])

    def scores(self, X: Matrix) -> FloatArray:
        profiles = self.profiles.of(codes_of(X, self.model))
        return self.profiles.fill(self.embeddings(X) @ self.items.T, profiles)

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """The k best targets for each row of X, without what was ``seen``."""
        return best(self.embeddings(X), self.items, X, self.profiles, k, seen)


@dataclass(frozen=True)
class ProfileVectors(Scorer):
    """A unit vector for every target; a source is the mean of its targets' vectors.

    Parameters
    ----------
    profiles : Profiles
    items : (C, d) float32 array or CSR
        Unit rows.
    model : str
        Who asks, for errors.
    """

    profiles: Profiles
    items: Matrix
    model: str

    @property
    def parameters(self) -> int:
        return int(self.items.nnz if sp.issparse(self.items) else self.items.size)

    @property
    def head(self) -> Head | None:
        """The targets' vectors where they are dense."""
        if sp.issparse(self.items):
            return None
        return Head(self.items, np.zeros(len(self.items), np.float32))

    @cached_property
    def turned(self) -> Matrix:
        """The targets' vectors in columns; (d, C)."""
        return sp.csr_matrix(self.items.T) if sp.issparse(self.items) else self.items.T

    def embeddings(self, X: Matrix) -> Matrix:
        """Mean vectors of the sources; (n, d), dense or CSR as the items are."""
        profiles = self.profiles.of(codes_of(X, self.model))
        total = np.asarray(profiles.sum(axis=1), dtype=np.float32).ravel()
        share = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
        return sp.diags(share, dtype=np.float32) @ profiles @ self.items

    def scores(self, X: Matrix) -> FloatArray:
        products = self.embeddings(X) @ self.turned
        dense = products.toarray() if sp.issparse(products) else np.asarray(products)
        return self.profiles.fill(dense, self.profiles.of(X))

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """The k best targets for each row of X, without what was ``seen``."""
        if sp.issparse(self.items):
            return super().rank(X, k, seen)
        return best(self.embeddings(X), self.items, X, self.profiles, k, seen)
