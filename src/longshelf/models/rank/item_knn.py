"""Items like those a source had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.models.base import Model
from longshelf.models.rank.nearest import strongest, unit_columns
from longshelf.models.rank.profiles import Profiles, codes_of, profiles_of
from longshelf.models.rank.scorer import Scorer
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["FittedItemKnn", "ItemKnn"]

BLOCK = 1024
"""Items whose similarities to all others are held at once."""


@dataclass(frozen=True)
class FittedItemKnn(Scorer):
    """Similarities of items.

    Parameters
    ----------
    profiles : Profiles
    similar : (C, C) CSR
        A row per item a source had, the candidates it speaks for in the columns.
    offset : (C,) float32 array
        Added to every row's scores.
    """

    profiles: Profiles
    similar: sp.csr_matrix
    offset: FloatArray

    @property
    def parameters(self) -> int:
        return int(self.similar.nnz)

    def scores(self, X: Matrix) -> FloatArray:
        profiles = self.profiles.of(codes_of(X, "item_knn"))
        return self.profiles.fill((profiles @ self.similar).toarray() + self.offset, profiles)


@dataclass(frozen=True, kw_only=True)
class ItemKnn(Model):
    """Score an item by its similarity to the items a source had: ``S(x - mean) + mean`` [1]_.

    Similarity is the cosine of two items' columns over the sources. Each candidate keeps its
    nearest neighbours, similarities below 0 are dropped. Sources without a profile get the
    popular items. Reads ``ids``, or ``history`` where new sources must be served. Row weights are
    the values of the profiles: a cosine does not feel a factor common to one item's rows, the
    profile it is multiplied with does.

    Parameters
    ----------
    neighbours : int >= 1, default 100
        Kept for each candidate item.
    shrink : float >= 0, default 0.0
        A similarity resting on n sources is multiplied by ``n / (n + shrink)``.
    normalise : bool, default True
        Divide each candidate's similarities by their sum.
    centre : bool, default True
        Take each item's mean over the sources off the profile, and add the candidate's back.

    Raises
    ------
    InputError
        If an argument is out of range.

    References
    ----------
    .. [1] Sarwar et al., Item-based Collaborative Filtering Recommendation Algorithms, WWW 2001,
       section 3.2; the defaults are those of ItemCF in the BARS benchmark.

    Examples
    --------
    >>> ItemKnn(neighbours=50)
    ItemKnn(neighbours=50, shrink=0.0, normalise=True, centre=True)
    """

    abstract: ClassVar[bool] = False
    seeded: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    neighbours: int = 100
    shrink: float = 0.0
    normalise: bool = True
    centre: bool = True

    def __post_init__(self) -> None:
        if self.neighbours < 1:
            raise InputError(f"item_knn's neighbours must be at least 1, got {self.neighbours}")
        if self.shrink < 0:
            raise InputError(f"item_knn's shrink must be 0 or more, got {self.shrink}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedItemKnn:
        profiles = profiles_of(X, rows, targets, strategy, "item_knn")
        similar = self._similar(profiles.matrix)
        offset = np.zeros(len(targets), np.float32)
        if self.centre:
            known = max(int((np.diff(profiles.matrix.indptr) > 0).sum()), 1)
            mean = np.asarray(profiles.matrix.sum(axis=0), dtype=np.float64).ravel() / known
            offset = (mean - similar @ mean).astype(np.float32)
        return FittedItemKnn(profiles, sp.csr_matrix(similar.T), offset)

    def _similar(self, matrix: sp.csr_matrix) -> sp.csr_matrix:
        """A row per candidate, its neighbours in the columns; (C, C)."""
        unit = unit_columns(matrix)
        turned = sp.csr_matrix(unit.T)
        had = sp.csr_matrix(matrix != 0, dtype=np.float32) if self.shrink else None
        parts = []
        for start in range(0, turned.shape[0], BLOCK):
            cosine = sp.csr_matrix(turned[start : start + BLOCK] @ unit)
            row = np.repeat(np.arange(start, start + cosine.shape[0]), np.diff(cosine.indptr))
            cosine.data[cosine.indices == row] = 0
            if had is not None:
                shared = sp.csr_matrix(had[:, start : start + BLOCK].T @ had)
                shared.data = shared.data / (shared.data + np.float32(self.shrink))
                cosine = sp.csr_matrix(cosine.multiply(shared))
            parts.append(strongest(cosine, self.neighbours))
        similar = sp.csr_matrix(sp.vstack(parts, format="csr"))
        if not self.normalise:
            return similar
        total = np.asarray(similar.sum(axis=1), dtype=np.float64).ravel()
        share = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
        return sp.csr_matrix(sp.diags(share) @ similar, dtype=np.float32)
