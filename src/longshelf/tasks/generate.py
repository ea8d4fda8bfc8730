"""Texts of a category: what is imbalanced is how much the writer has read of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.tables import Dataset, IntArray, Matrix, Rows, Targets, Valid
from longshelf.tasks.base import Outputs, Parts, Problem, Task
from longshelf.tasks.classify import Classify

if TYPE_CHECKING:
    from longshelf.metrics.measured import Measured
    from longshelf.strategies.base import Strategy

__all__ = ["Generate"]


@dataclass(frozen=True, kw_only=True)
class Generate(Task):
    """Write a text for a category, one for every test row.

    Parameters
    ----------
    text : str or None, default None
        The column to learn to write; None is the data set's first text column.
    label : str or None, default None
        The category; None is the data set's first label.

    Raises
    ------
    InputError
        If there is no text, or fewer than two categories.
    """

    abstract: ClassVar[bool] = False

    text: str | None = None
    label: str | None = None

    @property
    def primary(self) -> str:
        return "distinct@2"

    @property
    def title(self) -> str:
        return "generate" if self.text is None else f"generate {self.text}"

    def rivals_for(self, dataset: Dataset) -> Sequence[tuple[str, str]]:
        return [("category", "copy_writer")]

    def pose(self, dataset: Dataset) -> Problem:
        column = self.text or next(iter(dataset.schema.text), None)
        if column is None:
            raise InputError(f"data set {dataset.name!r} names no text column to learn to write")
        posed = Classify(label=self.label).pose(dataset)
        texts = dataset.rows[column][posed.rows.id].cast(pl.String).fill_null("")
        category = posed.targets.names[posed.rows.code]
        rows = replace(
            posed.rows,
            inputs=pl.DataFrame({"category": category.tolist(), "text": texts}),
            y=np.asarray(texts.to_list(), dtype=np.str_),
        )
        return Problem(dataset, self, rows, replace(posed.targets, kind="text"), posed.findings)

    def strata(self, rows: Rows, targets: Targets) -> IntArray:
        return np.asarray(rows.code)

    def outputs(self, fitted: Any, parts: Parts, X_valid: Matrix, X_test: Matrix) -> Outputs:
        return {"texts": np.asarray(fitted.write(X_test), dtype=np.str_)}

    def conclude(self, outputs: Outputs, parts: Parts, valid: Valid, strategy: Strategy) -> Any:
        return np.asarray(outputs["texts"])

    def measure(self, predicted: Any, parts: Parts) -> Measured:
        from longshelf.metrics import evaluate_texts

        return evaluate_texts(predicted, parts.test, parts.targets, parts.slices)
