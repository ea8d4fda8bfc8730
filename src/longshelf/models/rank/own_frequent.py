"""What a source had most often, again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.models.base import Model
from longshelf.models.rank.profiles import Profiles, codes_of, profiles_of
from longshelf.models.rank.scorer import Scorer
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["FittedOwn", "OwnFrequent"]


@dataclass(frozen=True)
class FittedOwn(Scorer):
    """Counts of each source.

    Parameters
    ----------
    profiles : Profiles
        Weight of the rows of each pair.
    """

    profiles: Profiles

    @property
    def parameters(self) -> int:
        return int(self.profiles.matrix.nnz)

    def scores(self, X: Matrix) -> FloatArray:
        own = self.profiles.of(codes_of(X, "own_frequent")).toarray()
        popular = np.exp(self.profiles.popular)
        return np.asarray(np.where(own > 0, 1 + own, popular / 2), dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class OwnFrequent(Model):
    """Rank items by how often the source had them, those it never had by popularity.

    The rival to beat where people buy the same again; it needs a task that does not leave out
    what was seen. Sources without a profile get the popular items. Reads ``ids``, or
    ``history`` where new sources must be served.

    Notes
    -----
    Frequency in the own past explains most of next-basket accuracy: Hu et al., Modeling
    Personalized Item Frequency Information for Next-basket Recommendation, SIGIR 2020.

    Examples
    --------
    >>> OwnFrequent.trivial
    True
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedOwn:
        return FittedOwn(profiles_of(X, rows, targets, strategy, "own_frequent", repeats=True))
