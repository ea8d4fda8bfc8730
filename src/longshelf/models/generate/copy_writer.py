"""The rival every writer must beat: texts of the training part, as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from longshelf.errors import InputError
from longshelf.models.base import Head, Model
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, Matrix, Rows, Targets, Valid

__all__ = ["CopyWriter"]


@dataclass(frozen=True)
class FittedCopies:
    """Texts by category, and all of them for a category that has none.

    Parameters
    ----------
    texts : (n,) str array
    code : (n,) int array
    seed : int
    """

    texts: NDArray[np.str_]
    code: NDArray[np.int64]
    seed: int

    @property
    def parameters(self) -> int:
        return 0

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        raise InputError("a writer writes texts and scores nothing; use it with the task generate")

    def write(self, X: Matrix) -> NDArray[np.str_]:
        """A training text of each category code of X, (n, 1)."""
        rng = np.random.default_rng(self.seed)
        own = {code: np.flatnonzero(self.code == code) for code in np.unique(self.code).tolist()}
        every = np.arange(len(self.texts))
        asked = np.asarray(X)[:, 0].tolist()
        return self.texts[[int(rng.choice(own.get(code, every))) for code in asked]]


@dataclass(frozen=True, kw_only=True)
class CopyWriter(Model):
    """Draw a training text of the category: faithful, fluent, and never new.

    Examples
    --------
    >>> CopyWriter().trivial
    True
    """

    abstract: ClassVar[bool] = False
    trivial: ClassVar[bool] = True
    honours: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str]] = frozenset({"text"})

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedCopies:
        return FittedCopies(rows.y, np.asarray(rows.code), int(rng.integers(2**31)))
