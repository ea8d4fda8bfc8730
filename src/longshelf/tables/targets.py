"""What is imbalanced."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from longshelf.tables.arrays import FloatArray, IntArray
from longshelf.tables.rows import Rows

__all__ = ["Kind", "Targets"]

Kind = Literal["class", "multilabel", "value", "item", "text", "cluster"]


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What is imbalanced: classes of a row, items of a user or a query, bins of a value.

    Parameters
    ----------
    names : (C,) str array
    kind : {"class", "multilabel", "value", "item", "text", "cluster"}
        What a score means: softmax over classes, one sigmoid each, a number, a ranking, a text, a
        partition.
    natural : (C,) float array
        Rows per target in the observed training part; slices and corrections read this.
    seen : (C,) float array
        Rows per target as the learner meets them, after expansion, resampling and sampling law;
        weights and losses read this.
    log_q : (C,) float array or None
        Log probability with which a sampled softmax draws each target.
    parents : (C,) str array or None
        The category above each target.
    text : (C,) str array or None
        Names or descriptions a model may read.
    rank : (C,) int array or None
        Order of the targets when they are grades or bins.
    """

    names: NDArray[np.str_]
    kind: Kind = "class"
    natural: FloatArray = field(default_factory=lambda: np.zeros(0))
    seen: FloatArray = field(default_factory=lambda: np.zeros(0))
    log_q: FloatArray | None = None
    parents: NDArray[np.str_] | None = None
    text: NDArray[np.str_] | None = None
    rank: IntArray | None = None

    def __len__(self) -> int:
        return len(self.names)

    @property
    def prior(self) -> FloatArray:
        """Natural share of each target, counts floored at one row, summing to 1; (C,)."""
        counts = np.maximum(self.natural, 1.0)
        return np.asarray(counts / counts.sum())

    @property
    def seen_prior(self) -> FloatArray:
        """Share of each target as the learner meets it, floored and summing to 1; (C,)."""
        counts = np.maximum(self.seen, 1.0)
        return np.asarray(counts / counts.sum())

    def count(self, code: IntArray | sp.csr_matrix) -> FloatArray:
        """Rows per target in a part; (C,)."""
        if sp.issparse(code):
            return np.asarray(code.sum(axis=0), dtype=float).ravel()
        return np.bincount(code, minlength=len(self)).astype(float)

    def observed(self, train: Rows) -> Targets:
        """The same targets with both counts taken from the training part.

        Generated rows are seen; natural are the observed ones.
        """
        seen = self.count(train.code)
        return replace(self, natural=self.count(train.observed.code), seen=seen)

    def seeing(self, counts: FloatArray) -> Targets:
        """The same targets with other counts met by the learner."""
        return replace(self, seen=np.asarray(counts, dtype=float))

    def take(self, ids: IntArray) -> Targets:
        """The columns a sampled or in-batch softmax uses."""
        optional: dict[str, Any] = {
            name: None if (value := getattr(self, name)) is None else value[ids]
            for name in ("log_q", "parents", "text", "rank")
        }
        return replace(
            self, names=self.names[ids], natural=self.natural[ids], seen=self.seen[ids], **optional
        )
