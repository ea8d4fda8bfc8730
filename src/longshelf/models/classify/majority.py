"""The most frequent class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.evidence import row_weights
from longshelf.models.base import Model
from longshelf.models.classify.constant import ABSENT, Constant, log_share
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

__all__ = ["Majority"]


@dataclass(frozen=True, kw_only=True)
class Majority(Model):
    """Always the class with the most (weighted) training rows, with near certainty.

    The rival no remedy may lose to. For multi-label targets: the labels more than half of the
    rows have.

    Examples
    --------
    >>> Majority().kinds == {"class", "multilabel"}
    True
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel"})

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Constant:
        share = log_share(rows, targets, row_weights(strategy, rows, targets))
        if targets.kind == "multilabel":
            return Constant(np.where(share > 0, -ABSENT, ABSENT), len(targets))
        sure = np.full(len(targets), ABSENT)
        sure[share.argmax()] = 0.0
        return Constant(sure, 1)
