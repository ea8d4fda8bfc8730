"""The value seen last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.models.base import Head, Model
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["LastValue"]


@dataclass(frozen=True)
class Repeat:
    """Predicts one of its own features.

    Parameters
    ----------
    column : int
    """

    column: int

    @property
    def parameters(self) -> int:
        return 0

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        picked = X[:, [self.column]]
        dense = picked.toarray() if sp.issparse(picked) else np.asarray(picked)
        return dense.astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class LastValue(Model):
    """Predict that nothing changes: the feature that holds the last known value, as it is.

    The features must not be scaled.

    Parameters
    ----------
    column : int, default -1
        Which feature; negative counts from the end.

    Raises
    ------
    InputError
        When fitted, if the features have no such column.

    Examples
    --------
    >>> LastValue(column=0)
    LastValue(column=0)
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    seeded: ClassVar[bool] = False
    honours: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str]] = frozenset({"value"})

    column: int = -1

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Repeat:
        width = X.shape[1]
        if not -width <= self.column < width:
            raise InputError(
                f"last_value asks for feature {self.column}, but there are {width}; "
                f"allowed are {-width} to {width - 1}"
            )
        return Repeat(self.column)
