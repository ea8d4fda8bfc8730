"""What similar sources had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.models.base import Model
from longshelf.models.rank.nearest import strongest, unit_rows
from longshelf.models.rank.profiles import Profiles, codes_of, profiles_of
from longshelf.models.rank.scorer import Scorer
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["FittedUserKnn", "UserKnn"]


@dataclass(frozen=True)
class FittedUserKnn(Scorer):
    """The training profiles and how many neighbours vote.

    Parameters
    ----------
    profiles : Profiles
    unit : (C, S) CSR
        Profiles at length 1, a column per source.
    neighbours : int
    """

    profiles: Profiles
    unit: sp.csr_matrix
    neighbours: int

    @property
    def parameters(self) -> int:
        return int(self.profiles.matrix.nnz)

    def scores(self, X: Matrix) -> FloatArray:
        codes = codes_of(X, "user_knn")
        profiles = self.profiles.of(codes)
        cosine = sp.csr_matrix(unit_rows(profiles) @ self.unit)
        if codes.shape[1] == 1:
            own = np.repeat(self.profiles.sources(codes), np.diff(cosine.indptr))
            cosine.data[cosine.indices == own] = 0
        votes = strongest(cosine, self.neighbours) @ self.profiles.matrix
        return self.profiles.fill(votes.toarray(), profiles)


@dataclass(frozen=True, kw_only=True)
class UserKnn(Model):
    """Score an item by the similarity of the sources that had it, among the nearest [1]_.

    Similarity is the cosine of two profiles; a neighbour votes with its similarity times its row
    weight. Found when scoring, block by block. Sources without a profile get the popular items.
    Reads ``ids``, or ``history`` where new sources must be served.

    Parameters
    ----------
    neighbours : int >= 1, default 100
        Sources that vote; the source itself is not one of them.

    Raises
    ------
    InputError
        If ``neighbours`` is below 1.

    References
    ----------
    .. [1] Resnick et al., GroupLens: An Open Architecture for Collaborative Filtering of Netnews,
       CSCW 1994, with the cosine of implicit profiles.

    Examples
    --------
    >>> UserKnn(neighbours=50)
    UserKnn(neighbours=50)
    """

    abstract: ClassVar[bool] = False
    seeded: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    neighbours: int = 100

    def __post_init__(self) -> None:
        if self.neighbours < 1:
            raise InputError(f"user_knn's neighbours must be at least 1, got {self.neighbours}")

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedUserKnn:
        profiles = profiles_of(X, rows, targets, strategy, "user_knn")
        unit = sp.csr_matrix(unit_rows(profiles.matrix).T)
        return FittedUserKnn(profiles, unit, self.neighbours)
