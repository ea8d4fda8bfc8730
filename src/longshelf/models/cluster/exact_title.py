"""Rows that say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.errors import NotApplicable
from longshelf.features.words import is_words
from longshelf.models.base import Model
from longshelf.models.cluster.partition import FittedClusters
from longshelf.prepare import normalise_key
from longshelf.strategies.base import Strategy
from longshelf.tables import IntArray, Matrix, Rows, Targets, Valid

__all__ = ["ExactTitle"]


@dataclass(frozen=True, kw_only=True)
class ExactTitle(Model):
    """Put rows together whose normalised text is the same. Reads ``words`` features.

    Examples
    --------
    >>> ExactTitle().trivial
    True
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str]] = frozenset({"cluster"})

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedClusters:
        return FittedClusters(_by_text)


def _by_text(X: Matrix) -> IntArray:
    if not is_words(X):
        raise NotApplicable("exact_title compares texts; give it features: words")
    keys = normalise_key(pl.Series(X[:, 0].astype(np.str_)))
    return keys.rank("dense").to_numpy().astype(np.int64) - 1
