"""One input that gives the label away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.tables import FloatArray, IntArray
from longshelf.validation.check import Check, Finding, Status
from longshelf.validation.view import View, normalised

__all__ = ["LeakingColumn"]


@dataclass(frozen=True, kw_only=True)
class LeakingColumn(Check):
    """A single input column predicts the label of rows it was not fitted on almost perfectly.

    Each column is read by a look-up table (the commonest label of each value; of each of ``bins``
    quantile bins where it is numeric) and, for numeric columns and two classes, by one threshold.
    All are fitted on train, or on a fixed half where the data are not split. A reader's *skill* is
    ``(score - c) / (1 - c)`` with c the score of the commonest class: the larger of the skills by
    accuracy and by balanced accuracy counts, so a rare class cannot hide a leak.

    Parameters
    ----------
    skill : float in (0, 1], default 0.98
        From here on a column is said to leak.
    bins : int >= 2, default 64
        Quantile bins of a numeric column.
    """

    code: ClassVar[str] = "LS008"
    title: ClassVar[str] = "label leakage by a single column"
    severity: ClassVar[Status] = "FAIL"
    advice: ClassVar[str] = (
        "Remove the column from the inputs if it is known only once the label is; "
        "if it is truly known before, use it alone and skip the model."
    )
    skill: float = 0.98
    bins: int = 64

    def __post_init__(self) -> None:
        if not 0 < self.skill <= 1:
            raise InputError(f"LeakingColumn's skill must lie in (0, 1], got {self.skill}")
        if self.bins < 2:
            raise InputError(f"LeakingColumn's bins must be at least 2, got {self.bins}")

    def look(self, view: View) -> Finding:
        inputs = [name for name in view.dataset.schema.inputs if name != view.label]
        if view.label is None or not inputs:
            return self.skipped("needs a label and an input")
        labels = view.labels.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
        train, test = (part[labels[part] >= 0] for part in view.train_and_rest())
        if min(len(train), len(test)) < 20 or len(np.unique(labels[test])) < 2:
            return self.skipped("needs 20 labelled rows and two classes on either side of a split")
        leaks = []
        for name in inputs:
            found = max(
                _skill(guess, labels[test])
                for guess in self._guesses(view, name, labels, train, test)
            )
            if found >= self.skill:
                leaks.append(f"{name!r} (skill {found:.3f})")
        if not leaks:
            return self.passed(f"no column alone reaches a skill of {self.skill:g}")
        message = f"predicts {view.label!r} alone, on rows not fitted on: {', '.join(leaks)}"
        return self.found(message, count=len(leaks), unit="columns")

    def _guesses(
        self, view: View, name: str, labels: IntArray, train: IntArray, test: IntArray
    ) -> list[IntArray]:
        column = view.rows[name]
        if not column.dtype.is_numeric() or column.n_unique() <= self.bins:
            values = view.rows.select(normalised(name).hash().alias("v"))["v"].to_numpy()
            return [_look_up(values, labels, train, test)]
        numbers = np.nan_to_num(column.cast(pl.Float64).fill_null(np.nan).to_numpy())
        edges = np.unique(np.quantile(numbers[train], np.linspace(0, 1, self.bins + 1)[1:-1]))
        guesses = [_look_up(np.searchsorted(edges, numbers), labels, train, test)]
        if labels.max() == 1:
            guesses.append(_stump(numbers, labels, train, test))
        return guesses


def _look_up(values: IntArray, labels: IntArray, train: IntArray, test: IntArray) -> IntArray:
    """The commonest training label of each test value; of all rows where the value is new."""
    learned = pl.DataFrame({"value": values[train], "label": labels[train]})
    best = (
        learned.group_by("value", "label")
        .len()
        .sort("len", "label", descending=[True, False])
        .unique("value", keep="first")
    )
    commonest = int(np.bincount(labels[train]).argmax())
    asked = pl.DataFrame({"value": values[test]}).join(
        best, on="value", how="left", maintain_order="left"
    )
    return asked["label"].fill_null(commonest).to_numpy()


def _stump(numbers: FloatArray, labels: IntArray, train: IntArray, test: IntArray) -> IntArray:
    """One threshold, at the greatest distance between the two classes' distributions."""
    order = train[np.argsort(numbers[train], kind="stable")]
    ones = labels[order] == 1
    gap = np.cumsum(ones) / max(ones.sum(), 1) - np.cumsum(~ones) / max((~ones).sum(), 1)
    last_of_value = np.append(np.diff(numbers[order]) > 0, False)
    gap = np.where(last_of_value, gap, 0.0)
    best = int(np.abs(gap).argmax())
    edge = (numbers[order[best]] + numbers[order[min(best + 1, len(order) - 1)]]) / 2
    below = 1 if gap[best] > 0 else 0
    return np.where(numbers[test] <= edge, below, 1 - below)


def _skill(guess: IntArray, truth: IntArray) -> float:
    """How far above the commonest class, by accuracy or balanced accuracy; 1 is perfect."""
    size = int(max(guess.max(), truth.max())) + 1
    support = np.bincount(truth, minlength=size)
    recall = np.bincount(truth[guess == truth], minlength=size)[support > 0] / support[support > 0]
    constant = support.max() / len(truth)
    by_accuracy = (np.mean(guess == truth) - constant) / (1 - constant)
    by_class = (recall.mean() - 1 / len(recall)) / (1 - 1 / len(recall))
    return float(max(by_accuracy, by_class))
