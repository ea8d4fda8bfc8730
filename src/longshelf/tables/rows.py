"""Parts of the data, ready to be learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from longshelf.tables.arrays import BoolArray, FloatArray, IntArray, Matrix, stack, take

__all__ = ["Resampled", "Rows", "Valid", "join"]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """One part of the data, ready to be learned from or predicted.

    Parameters
    ----------
    id : (n,) int array
        Position in the data set; -1 for rows nobody observed.
    inputs : polars.DataFrame, n rows
        The columns features read.
    y : (n,) class codes, (n,) floats, or (n, C) multi-hot
        What the loss fits.
    code : (n,) int array, or (n, C) CSR when a row has several targets
        The imbalanced target.
    groups : polars.DataFrame, n rows
        One column per group axis, possibly none.
    weight, propensity, chance : (n,) float array or None
        Given by the data, not by a remedy; ``chance`` by a simulator that knows the truth.
    origin : (n,) str array or None
        Who wrote the row; None means all observed.
    source : (n,) int array or None
        Number of the user, query or item whose targets are ranked; -1 for nobody's.
    """

    id: IntArray
    inputs: pl.DataFrame
    y: NDArray[Any]
    code: IntArray | sp.csr_matrix
    groups: pl.DataFrame
    weight: FloatArray | None = None
    propensity: FloatArray | None = None
    origin: NDArray[np.str_] | None = None
    source: IntArray | None = None
    chance: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.id)

    @property
    def observed(self) -> Rows:
        """The rows that somebody observed, without those a remedy wrote."""
        return self if self.origin is None else self.take(self.origin == "observed")

    def take(self, index: IntArray | BoolArray) -> Rows:
        """The rows at these positions, repeats allowed."""
        if index.dtype == np.bool_:
            index = np.flatnonzero(index)
        optional = {
            name: None if (value := getattr(self, name)) is None else value[index]
            for name in ("weight", "propensity", "origin", "source", "chance")
        }
        return Rows(
            id=self.id[index],
            inputs=self.inputs[index] if self.inputs.width else self.inputs,
            y=self.y[index],
            code=self.code[index],
            groups=self.groups[index] if self.groups.width else self.groups,
            **optional,
        )


def _optional(parts: Sequence[Rows], name: str, default: Any) -> Any:
    values = [getattr(part, name) for part in parts]
    if all(value is None for value in values):
        return None
    filled = [
        np.full(len(part), default) if value is None else value
        for part, value in zip(parts, values, strict=True)
    ]
    return np.concatenate(filled)


def join(*parts: Rows) -> Rows:
    """One part after another; a missing weight counts as 1, a missing origin as ``observed``."""
    code: IntArray | sp.csr_matrix
    if sp.issparse(parts[0].code):
        code = sp.csr_matrix(sp.vstack([part.code for part in parts]))
    else:
        code = np.concatenate([part.code for part in parts])
    return Rows(
        id=np.concatenate([part.id for part in parts]),
        inputs=pl.concat([part.inputs for part in parts], how="vertical_relaxed"),
        y=np.concatenate([part.y for part in parts]),
        code=code,
        groups=pl.concat([part.groups for part in parts], how="vertical_relaxed"),
        weight=_optional(parts, "weight", 1.0),
        propensity=_optional(parts, "propensity", 1.0),
        origin=_optional(parts, "origin", "observed"),
        source=_optional(parts, "source", -1),
        chance=_optional(parts, "chance", np.nan),
    )


@dataclass(frozen=True)
class Resampled:
    """What a resampler delivers: which rows stay (repeats allowed), and rows it made up.

    Parameters
    ----------
    kept : (m,) int array
        Positions in the training part.
    synthetic_X : (s, d) matrix or None
        Feature rows nobody observed.
    synthetic_code : (s,) int array
        Their targets.
    asked : mapping of target name to count
        Rows each target should have had; shown beside what was delivered.
    """

    kept: IntArray
    synthetic_X: Matrix | None = None
    synthetic_code: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    asked: Mapping[str, int] = field(default_factory=dict)

    def leaves(self, n: int) -> bool:
        """Whether it keeps each of n rows once and makes up none."""
        made = len(self.synthetic_code)
        return not made and np.array_equal(np.sort(self.kept), np.arange(n))

    def apply(self, X: Matrix, rows: Rows) -> tuple[Matrix, Rows]:
        """The resampled features and rows; made-up rows have id -1, no inputs and no groups."""
        X_kept, kept = take(X, self.kept), rows.take(self.kept)
        if self.synthetic_X is None:
            return X_kept, kept
        n = len(self.synthetic_code)
        made = Rows(
            id=np.full(n, -1),
            inputs=rows.inputs.clear(n),
            y=self.synthetic_code.astype(rows.y.dtype),
            code=self.synthetic_code,
            groups=rows.groups.clear(n),
            origin=np.full(n, "synthetic"),
        )
        return stack(X_kept, self.synthetic_X), join(kept, made)

    def then(self, later: Resampled) -> Resampled:
        """This step followed by one that was applied to its outcome."""
        own = later.kept < len(self.kept)
        kept = self.kept[later.kept[own]]
        parts: list[Matrix] = []
        codes: list[IntArray] = []
        if self.synthetic_X is not None:
            still = later.kept[~own] - len(self.kept)
            parts.append(take(self.synthetic_X, still))
            codes.append(self.synthetic_code[still])
        if later.synthetic_X is not None:
            parts.append(later.synthetic_X)
            codes.append(later.synthetic_code)
        asked = {**self.asked, **later.asked}
        if not parts:
            return Resampled(kept, asked=asked)
        return Resampled(kept, stack(*parts), np.concatenate(codes), asked)


@dataclass(frozen=True, kw_only=True)
class Valid:
    """The validation part with its features; ``scores`` are filled once something is fitted."""

    X: Matrix
    rows: Rows
    scores: FloatArray | None = None
