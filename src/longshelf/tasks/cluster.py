"""Rows that show the same product, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from longshelf.tables import Dataset, IntArray, Matrix, Rows, Targets, Valid
from longshelf.tasks.base import Outputs, Parts, Problem, Task
from longshelf.tasks.classify import Classify

if TYPE_CHECKING:
    from longshelf.metrics.measured import Measured
    from longshelf.strategies.base import Strategy

__all__ = ["Cluster"]


@dataclass(frozen=True, kw_only=True)
class Cluster(Task):
    """Group the test rows so that each group is one product, and no product is in two.

    Whole products are learned from, tuned on or judged, so every test product is new; equal texts
    stay on one side. What is imbalanced is the size of a cluster: head, torso and tail are the
    sizes that hold the training rows, and axis ``size`` cuts by the size itself.

    Parameters
    ----------
    label : str or None, default None
        Column that names the true cluster; None is the data set's first label.

    Raises
    ------
    InputError
        If the label is unknown or holds a single cluster.

    Examples
    --------
    >>> Cluster().primary
    'b_cubed_f1'
    """

    abstract: ClassVar[bool] = False

    label: str | None = None

    @property
    def primary(self) -> str:
        return "b_cubed_f1"

    @property
    def title(self) -> str:
        return "cluster" if self.label is None else f"cluster {self.label}"

    def rivals_for(self, dataset: Dataset) -> Sequence[tuple[str, str]]:
        alone = [("nothing", "singletons")]
        return [*alone, ("words", "exact_title")] if dataset.schema.text else alone

    def pose(self, dataset: Dataset) -> Problem:
        posed = Classify(label=self.label).pose(dataset)
        targets = replace(posed.targets, kind="cluster")
        return replace(posed, task=self, targets=targets, tied=np.asarray(posed.rows.code))

    def strata(self, rows: Rows, targets: Targets) -> IntArray:
        """Doublings of the size of each row's cluster, so that every part has all sizes; (n,)."""
        size = targets.count(rows.code)[np.asarray(rows.code)]
        return np.asarray(np.log2(size).astype(np.int64))

    def outputs(self, fitted: Any, parts: Parts, X_valid: Matrix, X_test: Matrix) -> Outputs:
        return {"clusters": np.asarray(fitted.cluster(X_test))}

    def conclude(
        self, outputs: Outputs, parts: Parts, valid: Valid, strategy: Strategy
    ) -> IntArray:
        return np.asarray(outputs["clusters"])

    def measure(self, predicted: IntArray, parts: Parts) -> Measured:
        from longshelf.metrics import evaluate_clusters

        return evaluate_clusters(predicted, parts.test, parts.targets.natural, parts.slices)
