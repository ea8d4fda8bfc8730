"""What every metric reads: one scored part, and the work several metrics share, done once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.corrections import log_probabilities
from longshelf.tables import BoolArray, FloatArray, IntArray, Scored, Targets

__all__ = ["Reading", "Strata", "clusters"]


@dataclass(frozen=True)
class Strata:
    """A partition of the rows: one stratum of all rows, or one per group.

    Parameters
    ----------
    names : tuple of str
        One per stratum, G of them.
    code : (n,) int array
        Stratum of each row; -1 for rows left out.
    axis : str, default "all"
        The group column, or ``all``.
    """

    names: tuple[str, ...]
    code: IntArray
    axis: str = "all"

    @classmethod
    def whole(cls, n: int) -> Strata:
        """All n rows as one stratum."""
        return cls(("all",), np.zeros(n, dtype=np.intp))

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def inside(self) -> BoolArray:
        """Rows that belong to some stratum; (n,)."""
        return self.code >= 0

    @cached_property
    def at(self) -> IntArray:
        """Stratum of each row, 0 for rows left out; (n,)."""
        return np.maximum(self.code, 0)

    @cached_property
    def index(self) -> tuple[IntArray, ...]:
        """Rows of each stratum."""
        return tuple(np.flatnonzero(self.code == g) for g in range(len(self)))

    def sum(self, values: FloatArray) -> FloatArray:
        """Sum of row values (S, n) in each stratum; (G, S)."""
        kept = np.where(self.inside, values, 0.0)
        if len(self) == 1:
            return np.asarray(kept.sum(axis=1))[None]
        return np.stack([np.bincount(self.at, row, len(self)) for row in kept], axis=1)


@dataclass(frozen=True)
class Reading:
    """One scored part as metrics see it.

    Parameters
    ----------
    scored : Scored
        n rows.
    targets : Targets
        C targets.
    costs : (C, C) float array or None
        Cost of deciding column j when row i is true.
    weights : (n,) float array or None
        How often each row counts; None is once. What a bootstrap varies.
    shared : dict
        Work done once for several metrics; filled as they ask.
    """

    scored: Scored
    targets: Targets
    costs: FloatArray | None = None
    weights: FloatArray | None = None
    shared: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False)

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.scored.rows)

    @cached_property
    def weight(self) -> FloatArray:
        """How often each row counts; (n,)."""
        return np.ones(self.n) if self.weights is None else np.asarray(self.weights, dtype=float)

    @property
    def multilabel(self) -> bool:
        """Whether a row has several labels."""
        return self.targets.kind == "multilabel"

    @cached_property
    def truth(self) -> NDArray[Any]:
        """Codes (n,), or values (n,) where the target is a value."""
        return self.scored.rows.y

    @cached_property
    def code(self) -> IntArray:
        """The imbalanced target of each row: class, or bin of a value; (n,)."""
        return np.asarray(self.scored.rows.code)

    @cached_property
    def hot(self) -> BoolArray:
        """True labels as a matrix; (n, C)."""
        if self.multilabel:
            return np.asarray(self.scored.rows.y) > 0
        matrix = np.zeros((self.n, len(self.targets)), dtype=bool)
        matrix[np.arange(self.n), self.truth] = True
        return matrix

    @cached_property
    def positive(self) -> int:
        """The positive class of a binary problem: the one rarer in train, 1 when equal."""
        natural = self.targets.natural
        return int((len(natural) == 2 and natural[0] >= natural[1]) or len(natural) != 2)

    @cached_property
    def log_score(self) -> FloatArray:
        """Scores as log-probabilities, so rows can be compared; (C, n), each class contiguous."""
        scores = np.asarray(self.scored.scores, dtype=float)
        if self.multilabel:
            return np.ascontiguousarray(scores.T)
        if scores.shape[1] == 2:
            margin = scores[:, 1] - scores[:, 0]
            return np.stack([-margin, margin])
        return np.ascontiguousarray(log_probabilities(scores, self.targets).T)

    @cached_property
    def order(self) -> IntArray:
        """Rows by rising score, for each class; (C, n)."""
        return np.argsort(self.log_score, axis=1, kind="quicksort")

    @cached_property
    def place(self) -> IntArray:
        """How many classes outrank the true one; equal scores go to the later class; (n,)."""
        scores = np.asarray(self.scored.scores)
        own = scores[np.arange(self.n), self.truth][:, None]
        later = np.arange(scores.shape[1]) > self.truth[:, None]
        return np.asarray(((scores > own) | ((scores == own) & later)).sum(axis=1))

    def probability(self, stage: str) -> tuple[FloatArray, float]:
        """Probabilities (n, C) as float64, and the smallest one that counts."""
        given = np.asarray(getattr(self.scored, stage))
        return given.astype(float), float(np.finfo(given.dtype).eps)

    def size(self, strata: Strata) -> FloatArray:
        """Weight of each stratum; (G,)."""
        return strata.sum(self.weight[None])[:, 0]

    def held(self, members: BoolArray) -> BoolArray:
        """Whether the true target of each row is in each slice; (S, n), single-label only."""
        return members[:, self.code]

    def support(self, strata: Strata, members: BoolArray) -> FloatArray:
        """Rows of each stratum whose target is in each slice (labels where rows have several)."""
        if not self.multilabel:
            return strata.sum(self.held(members).astype(float))
        counts = strata.sum(members.astype(float) @ self.hot.T.astype(float))
        whole = strata.sum(np.ones((1, self.n)))
        return np.where(members.all(axis=1), whole, counts)


def clusters(scored: Scored) -> IntArray:
    """The sampled unit of each row: rows with equal inputs are one, named by its smallest id; (n,).

    Rows nobody gave inputs for are units of their own.
    """
    ids = pl.Series("__id", scored.rows.id)
    inputs = scored.rows.inputs
    if inputs.width == 0:
        return scored.rows.id
    names = inputs.columns
    first = inputs.with_columns(ids).select(pl.col("__id").min().over(names))
    return first.to_series().to_numpy()
