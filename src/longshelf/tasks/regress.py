"""A value of a row: demand, price; rare values are what is imbalanced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl

from longshelf.errors import InputError, unknown
from longshelf.tables import (
    Dataset,
    FloatArray,
    IntArray,
    Matrix,
    Predictions,
    Rows,
    Scored,
    Targets,
    Valid,
)
from longshelf.tasks.base import Outputs, Parts, Problem, Task

if TYPE_CHECKING:
    from longshelf.metrics.measured import Measured
    from longshelf.models.base import Fitted
    from longshelf.strategies.base import Strategy

__all__ = ["Regress"]


@dataclass(frozen=True, kw_only=True)
class Regress(Task):
    """Predict a number; its bins are the targets that counts, slices and weights speak of.

    Parameters
    ----------
    label : str or None, default None
        The column; None is the data set's first label.
    bins : int >= 2, default 20
        Bins of equal width, on a log scale where no value is negative and the largest is more
        than 20 times the median of the positive ones.

    Raises
    ------
    InputError
        If the column is unknown or not numeric.
    """

    abstract: ClassVar[bool] = False

    label: str | None = None
    bins: int = 20

    def __post_init__(self) -> None:
        if self.bins < 2:
            raise InputError(f"regress needs at least 2 bins, got {self.bins}")

    @property
    def primary(self) -> str:
        return "mae"

    @property
    def title(self) -> str:
        return "regress" if self.label is None else self.label

    def rivals_for(self, dataset: Dataset) -> Sequence[tuple[str, str]]:
        return [("nothing", "mean"), ("nothing", "median")]

    def pose(self, dataset: Dataset) -> Problem:
        label = self.label or next(iter(dataset.schema.label), None)
        if label is None:
            raise InputError(
                f"data set {dataset.name!r} names no label; say which column to predict"
            )
        if label not in dataset.rows.columns:
            raise unknown("label column", label, dataset.rows.columns)
        if not dataset.rows[label].dtype.is_numeric():
            raise InputError(
                f"{label!r} holds {dataset.rows[label].dtype}, not numbers; use the task classify"
            )
        values = dataset.rows[label].cast(pl.Float64).to_numpy()
        ids = np.flatnonzero(np.isfinite(values))
        kept, y = dataset.rows[ids], values[ids]
        code, names = _binned(y, self.bins)
        inputs = [column for column in dataset.schema.inputs if column != label]
        groups = [pl.col(c).cast(pl.String).fill_null("(missing)") for c in dataset.schema.group]
        rows = Rows(
            id=ids, inputs=kept.select(inputs), y=y.astype(np.float32), code=code,
            groups=kept.select(groups),
        )  # fmt: skip
        dropped = dataset.rows.height - len(ids)
        findings = (f"{dropped} rows without a finite {label} are left out",) if dropped else ()
        targets = Targets(names=names, kind="value", rank=np.arange(len(names)))
        return Problem(dataset, self, rows, targets, findings)

    def strata(self, rows: Rows, targets: Targets) -> IntArray:
        return np.asarray(rows.code)

    def outputs(self, fitted: Fitted, parts: Parts, X_valid: Matrix, X_test: Matrix) -> Outputs:
        arrays = {"valid": fitted.scores(X_valid), "test": fitted.scores(X_test)}
        return {name: np.asarray(array, dtype=np.float32) for name, array in arrays.items()}

    def conclude(
        self, outputs: Outputs, parts: Parts, valid: Valid, strategy: Strategy
    ) -> Predictions:
        return Predictions(
            valid=_scored(parts.valid, outputs["valid"]), test=_scored(parts.test, outputs["test"])
        )

    def measure(self, predicted: Predictions, parts: Parts) -> Measured:
        from longshelf.metrics import evaluate

        return evaluate(predicted.test, parts.targets, parts.slices, primary=self.primary)


def _scored(rows: Rows, values: FloatArray) -> Scored:
    scores = np.asarray(values, dtype=float)
    decisions = {"argmax": scores[:, 0]}
    return Scored(rows=rows, scores=scores, raw=scores, corrected=scores, decisions=decisions)


def _binned(y: FloatArray, bins: int) -> tuple[IntArray, np.ndarray]:
    positive = y[y > 0]
    skewed = y.min() >= 0 and len(positive) and y.max() > 20 * np.median(positive)
    moved = np.log1p(y) if skewed else y
    edges = np.linspace(moved.min(), moved.max(), bins + 1)
    code = np.clip(np.searchsorted(edges, moved, side="right") - 1, 0, bins - 1)
    shown = np.expm1(edges) if skewed else edges
    names = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(shown)]
    return code, np.asarray(names, dtype=np.str_)
