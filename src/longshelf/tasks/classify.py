"""Classes of a row: one of many, or several at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.components import build
from longshelf.corrections import Calibration, Correction
from longshelf.errors import InputError, unknown
from longshelf.models.base import Asked
from longshelf.tables import (
    Dataset,
    FloatArray,
    IntArray,
    Matrix,
    Predictions,
    Rows,
    Targets,
    Valid,
)
from longshelf.tasks.base import Outputs, Parts, Problem, Task
from longshelf.tasks.deciding import Deciding

if TYPE_CHECKING:
    from longshelf.metrics.measured import Measured
    from longshelf.models.base import Fitted
    from longshelf.strategies.base import Strategy

__all__ = ["Classify"]


@dataclass(frozen=True, kw_only=True)
class Classify(Task):
    """Predict the class of a row, or several labels at once.

    Parameters
    ----------
    label : str, sequence of str or None, default None
        The column to predict; several make a multi-label task with one target per value of each;
        None is the data set's first label.
    costs : nested sequence of float or None, default None
        Cost of deciding column j when row i is true, in the order of the class names; makes
        expected cost the headline.
    tune_for : str, default "macro_f1"
        What the tuned decision maximises on its half of the validation part.
    groups : sequence of str or None, default None
        Group columns to report; None is all the data set names.
    headline : str or None, default None
        Metric the arms are compared by, such as ``auprc`` for rare clicks; None is macro-F1, or
        expected cost where costs are given.

    Raises
    ------
    InputError
        If the label is unknown or holds a single class, or the headline is no metric.
    """

    abstract: ClassVar[bool] = False
    judging: ClassVar[frozenset[str]] = frozenset({"costs", "tune_for", "headline"})

    label: str | Sequence[str] | None = None
    costs: Sequence[Sequence[float]] | None = None
    tune_for: str = "macro_f1"
    groups: Sequence[str] | None = None
    headline: str | None = None

    def __post_init__(self) -> None:
        if self.headline is not None:
            build("metric", self.headline)

    @property
    def primary(self) -> str:
        return self.headline or ("macro_f1" if self.costs is None else "expected_cost")

    @property
    def title(self) -> str:
        if self.label is None:
            return "classify"
        return self.label if isinstance(self.label, str) else "+".join(self.label)

    def rivals_for(self, dataset: Dataset) -> Sequence[tuple[str, str]]:
        rivals = [("nothing", name) for name in ("majority", "prior", "stratified_random")]
        single = self.label is None or isinstance(self.label, str)
        return [*rivals, ("name_hits", "name_match")] if dataset.schema.text and single else rivals

    def pose(self, dataset: Dataset) -> Problem:
        labels = self._labels(dataset)
        frame = dataset.rows
        present = frame.select(pl.all_horizontal(pl.col(labels).is_not_null())).to_series()
        ids = np.flatnonzero(present.to_numpy())
        findings = []
        if len(ids) < frame.height:
            findings.append(f"{frame.height - len(ids)} rows without a label are left out")
        kept = frame[ids]
        groups = list(dataset.schema.group if self.groups is None else self.groups)
        base = Rows(
            id=ids,
            inputs=kept.select(self._inputs(dataset, labels)),
            y=np.zeros(len(ids), dtype=np.int64),
            code=np.zeros(len(ids), dtype=np.int64),
            groups=kept.select(pl.col(groups).cast(pl.String).fill_null("(missing)")),
            weight=_floats(kept, dataset.schema.weight),
            propensity=_floats(kept, dataset.schema.propensity),
            chance=_floats(kept, dataset.schema.chance),
        )
        encode = self._single if len(labels) == 1 else self._several
        rows, targets = encode(base, kept, labels, dataset)
        if len(targets) < 2:
            raise InputError(
                f"label {' + '.join(map(repr, labels))} of {dataset.name!r} holds one class only; "
                "there is nothing to tell apart"
            )
        return Problem(dataset, self, rows, targets, tuple(findings))

    def _labels(self, dataset: Dataset) -> list[str]:
        if self.label is None:
            if not dataset.schema.label:
                raise InputError(
                    f"data set {dataset.name!r} names no label; say which with --label COLUMN"
                )
            return [dataset.schema.label[0]]
        labels = [self.label] if isinstance(self.label, str) else list(self.label)
        for label in labels:
            if label not in dataset.rows.columns:
                raise unknown("label column", label, dataset.rows.columns)
        return labels

    @staticmethod
    def _inputs(dataset: Dataset, labels: Sequence[str]) -> list[str]:
        return [column for column in dataset.schema.inputs if column not in labels]

    @staticmethod
    def _single(
        base: Rows, frame: pl.DataFrame, labels: Sequence[str], dataset: Dataset
    ) -> tuple[Rows, Targets]:
        values = frame[labels[0]].cast(pl.String)
        names = values.unique().sort()
        if len(names) == 2:
            names = values.value_counts(sort=True)[labels[0]]
            if (values == names[0]).sum() * 2 == len(values):
                names = names.sort()
        place = {name: code for code, name in enumerate(names.to_list())}
        code = values.replace_strict(place, return_dtype=pl.Int64).to_numpy()
        labelled = np.asarray(names.to_list(), dtype=np.str_)
        parents, text = (_told(dataset, labelled, column) for column in ("parent", "text"))
        targets = Targets(names=labelled, kind="class", parents=parents, text=text)
        return replace(base, y=code, code=code), targets

    @staticmethod
    def _several(
        base: Rows, frame: pl.DataFrame, labels: Sequence[str], dataset: Dataset
    ) -> tuple[Rows, Targets]:
        blocks, names = [], []
        for label in labels:
            values = frame[label].cast(pl.String)
            listed = values.unique().sort().to_list()
            blocks.append(values.to_dummies(separator="=").select(f"{label}={v}" for v in listed))
            names += [f"{label}={value}" for value in listed]
        hot = np.concatenate([block.to_numpy() for block in blocks], axis=1).astype(np.float32)
        targets = Targets(names=np.asarray(names, dtype=np.str_), kind="multilabel")
        return replace(base, y=hot, code=sp.csr_matrix(hot)), targets

    def strata(self, rows: Rows, targets: Targets) -> IntArray:
        if not sp.issparse(rows.code):
            return rows.code
        counts = targets.count(rows.code)
        rarity = np.where(rows.y > 0, 1 / np.maximum(counts, 1), 0)
        return np.asarray(rarity.argmax(axis=1))

    def outputs(self, fitted: Fitted, parts: Parts, X_valid: Matrix, X_test: Matrix) -> Outputs:
        arrays = {"valid": fitted.scores(X_valid), "test": fitted.scores(X_test)}
        if fitted.head is not None:
            arrays |= {"head_weight": fitted.head.weight, "head_bias": fitted.head.bias}
        if isinstance(fitted, Asked):
            arrays["content_free"] = fitted.content_free
        return {name: np.asarray(array, dtype=np.float32) for name, array in arrays.items()}

    def conclude(
        self, outputs: Outputs, parts: Parts, valid: Valid, strategy: Strategy
    ) -> Predictions:
        """Correct and calibrate on halves of the validation part, decide on both parts.

        One half of the validation rows, by id, tunes decisions; the other calibrates.
        """
        deciding = self.deciding(outputs, parts, valid, strategy)
        return Predictions(
            valid=deciding.scored(parts.valid, outputs["valid"]),
            test=deciding.scored(parts.test, outputs["test"]),
        )

    def deciding(
        self, outputs: Outputs, parts: Parts, valid: Valid, strategy: Strategy
    ) -> Deciding:
        """What :meth:`conclude` decides by: remedy, thresholds and calibration, fitted."""
        targets = replace(parts.targets, seen=np.asarray(outputs["seen"], dtype=float))
        own, truth = np.asarray(outputs["valid"], dtype=float), parts.valid.y
        tuning = parts.valid.id % 2 == 0
        half = replace(valid, rows=parts.valid.take(tuning), scores=own[tuning])
        remedy = strategy.correct(_Cached(outputs), half, targets)  # hook: correct
        offset = np.asarray(outputs["offset"], dtype=float) if "offset" in outputs else None
        return Deciding(
            remedy=remedy,
            tuned=self._tuned(remedy.apply(own[tuning]), truth[tuning], targets),
            calibration=Calibration.fit(own[~tuning], truth[~tuning], targets, offset),
            targets=targets,
        )

    def _matrix(self, targets: Targets) -> FloatArray:
        matrix = np.asarray(self.costs, dtype=float)
        if matrix.shape != (len(targets), len(targets)):
            raise InputError(
                f"the cost matrix is {matrix.shape}, but there are {len(targets)} classes: "
                f"{', '.join(map(str, targets.names[:10]))}"
            )
        return matrix

    def _tuned(self, scores: FloatArray, truth: Any, targets: Targets) -> Correction:
        """The tuned decision: thresholds for a metric, or the cheapest expected cost."""
        if self.costs is not None:
            return Correction(costs=self._matrix(targets))
        from longshelf.metrics.tuning import tune

        return Correction(shift=tune(scores, truth, targets, metric=self.tune_for))

    def measure(self, predicted: Predictions, parts: Parts) -> Measured:
        from longshelf.metrics import evaluate

        costs = None if self.costs is None else self._matrix(parts.targets)
        return evaluate(
            predicted.test, parts.targets, parts.slices, primary=self.primary, costs=costs
        )


class _Cached:
    """A fit as its stored arrays: enough for whatever acts after fitting."""

    parameters = 0

    def __init__(self, outputs: Outputs) -> None:
        self.outputs = outputs

    @property
    def head(self) -> Any:
        from longshelf.models.base import Head

        if "head_weight" not in self.outputs:
            return None
        return Head(self.outputs["head_weight"], self.outputs["head_bias"])

    @property
    def content_free(self) -> Any:
        return self.outputs.get("content_free")

    def scores(self, X: Matrix) -> FloatArray:
        raise NotImplementedError("a stored fit has scores of its own parts only")


def _floats(frame: pl.DataFrame, column: str | None) -> FloatArray | None:
    return None if column is None else frame[column].cast(pl.Float64).to_numpy()


def _told(dataset: Dataset, names: Any, column: str) -> Any:
    """What a column of the targets says of each class; None where it says nothing."""
    tree = dataset.targets
    if tree is None or column not in tree.columns:
        return None
    told = dict(zip(tree[tree.columns[0]].cast(pl.String), tree[column].cast(pl.String)))
    found = np.asarray([told.get(name) or "" for name in names.tolist()], dtype=np.str_)
    return found if column == "parent" or (found != "").any() else None
