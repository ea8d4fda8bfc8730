"""What was predicted, and what a re-ranking may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import scipy.sparse as sp
from numpy.typing import NDArray

from longshelf.tables.arrays import FloatArray, IntArray
from longshelf.tables.rows import Rows
from longshelf.tables.targets import Targets

if TYPE_CHECKING:
    from longshelf.slices import Slices

__all__ = ["Context", "Predictions", "Ranking", "Scored"]


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a re-ranking may know of targets and sources.

    Parameters
    ----------
    targets : Targets
        With natural counts.
    slices : Slices
        Head, torso and tail of the targets.
    history : (U, C) CSR
        Training interactions per source.
    vectors : (C, d) float array or None
        One vector per target, for diversity.
    """

    targets: Targets
    slices: Slices
    history: sp.csr_matrix
    vectors: FloatArray | None = None


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One part with what was predicted for it.

    Parameters
    ----------
    rows : Rows
        Ids, true targets and groups of the n rows.
    scores : (n, C) float array
        What makes decisions: softmax or sigmoid logits, or values (n, 1).
    raw, corrected : (n, C) float array
        Probabilities before and after prior correction and calibration.
    decisions : mapping of {"argmax", "tuned"} to (n,) codes, (n, C) multi-hot or (n,) values
    """

    rows: Rows
    scores: FloatArray
    raw: FloatArray
    corrected: FloatArray
    decisions: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Both held-out parts; only ``test`` is reported."""

    valid: Scored
    test: Scored


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Ranked targets per source.

    Parameters
    ----------
    sources : (u,) int array
        Source codes.
    ids : (u, k) int array
        Target codes, best first; -1 pads short lists.
    scores : (u, k) float array
        Falling along each row.
    """

    sources: IntArray
    ids: IntArray
    scores: FloatArray

    def top(self, k: int) -> Ranking:
        """The first k of every list."""
        return replace(self, ids=self.ids[:, :k], scores=self.scores[:, :k])
