"""Texts of a category: what is imbalanced is how much the writer has read of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl

from longshelf.errors import InputError, unknown
from longshelf.prepare import normalise_key
from longshelf.tables import Dataset, IntArray, Matrix, Rows, Targets, Valid
from longshelf.tasks.base import Outputs, Parts, Problem, Task
from longshelf.tasks.classify import Classify
from longshelf.tasks.samples import samples

if TYPE_CHECKING:
    from longshelf.metrics.measured import Measured
    from longshelf.strategies.base import Strategy

__all__ = ["Generate"]


@dataclass(frozen=True, kw_only=True)
class Generate(Task):
    """Write a text from a category and attributes, one for every test row.

    Rows whose text to write is equal stay on one side of every split.

    Parameters
    ----------
    text : str or None, default None
        The column to learn to write; None is the data set's first text column.
    label : str or None, default None
        The category; None is the data set's first label.
    attributes : sequence of str or None, default None
        Further columns the text is written from, such as colour or material; None is the data
        set's categorical inputs. Features ``conditions`` hand them to a writer.

    Raises
    ------
    InputError
        If there is no text, or fewer than two categories, or a column is unknown or named twice.

    Examples
    --------
    >>> Generate(text="title", attributes=("gender", "baseColour")).title
    'generate title'
    """

    abstract: ClassVar[bool] = False
    illustrated: ClassVar[bool] = True

    text: str | None = None
    label: str | None = None
    attributes: Sequence[str] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.attributes, str):
            raise InputError(f"attributes are a list of columns, got {self.attributes!r}")
        if self.attributes is not None:
            object.__setattr__(self, "attributes", tuple(self.attributes))

    @property
    def primary(self) -> str:
        return "chrf"

    @property
    def title(self) -> str:
        return "generate" if self.text is None else f"generate {self.text}"

    def rivals_for(self, dataset: Dataset) -> Sequence[tuple[str, str]]:
        return [("category", "copy_writer"), ("conditions", "template_writer")]

    def pose(self, dataset: Dataset) -> Problem:
        column = self.text or next(iter(dataset.schema.text), None)
        if column is None:
            raise InputError(f"data set {dataset.name!r} names no text column to learn to write")
        posed = Classify(label=self.label).pose(dataset)
        label = self.label or dataset.schema.label[0]
        attributes = self._attributes(dataset, {column: "text", label: "category"})
        texts = dataset.rows[column][posed.rows.id].cast(pl.String).fill_null("").str.strip_chars()
        said = (texts != "").to_numpy()
        if not said.any():
            raise InputError(
                f"column {column!r} of {dataset.name!r} is empty; nothing to learn from"
            )
        rows, texts = posed.rows.take(said), texts.filter(pl.Series(said))
        kept = dataset.rows[rows.id]
        names = pl.Series("category", posed.targets.names[rows.code].tolist())
        inputs = [_levels(names), *(_levels(kept[name]) for name in attributes)]
        y = np.asarray(texts.to_list(), dtype=np.str_)
        findings = posed.findings
        if not said.all():
            findings += (f"{int((~said).sum())} rows without {column} are left out",)
        return Problem(
            dataset, self, replace(rows, inputs=pl.DataFrame(inputs), y=y),
            replace(posed.targets, kind="text"), findings,
            tied=normalise_key(texts).rank("dense").to_numpy().astype(np.int64) - 1,
        )  # fmt: skip

    def _attributes(self, dataset: Dataset, taken: dict[str, str]) -> list[str]:
        for name in (*taken, *(self.attributes or ())):
            if name not in dataset.rows.columns:
                raise unknown("column to generate with", name, dataset.rows.columns)
        if self.attributes is None:
            return [name for name in dataset.schema.categorical if name not in taken]
        for name in self.attributes:
            if name in taken:
                raise InputError(f"{name!r} is the {taken[name]} already; attributes are others")
        return list(self.attributes)

    def strata(self, rows: Rows, targets: Targets) -> IntArray:
        return np.asarray(rows.code)

    def outputs(self, fitted: Any, parts: Parts, X_valid: Matrix, X_test: Matrix) -> Outputs:
        return {"texts": np.asarray(fitted.write(X_test), dtype=np.str_)}

    def conclude(self, outputs: Outputs, parts: Parts, valid: Valid, strategy: Strategy) -> Any:
        return np.asarray(outputs["texts"])

    def measure(self, predicted: Any, parts: Parts) -> Measured:
        from longshelf.metrics import evaluate_texts

        return evaluate_texts(
            predicted, parts.test, parts.targets, parts.slices,
            train=parts.train, valid=parts.valid, shared=parts.shared,
        )  # fmt: skip

    def examples(self, predicted: Any, parts: Parts) -> pl.DataFrame:
        """Samples of each slice beside the real texts, see :func:`~longshelf.tasks.samples.samples`."""
        return samples(predicted, parts)


def _levels(column: pl.Series) -> pl.Series:
    """A column of words with its levels, those of every part included."""
    words = column.cast(pl.String)
    return words.cast(pl.Enum(words.drop_nulls().unique().sort()))
