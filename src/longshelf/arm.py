"""One arm on one split, in one call: what a notebook or an example needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from longshelf.cache import Cache
from longshelf.components import build
from longshelf.errors import unknown
from longshelf.learning import Learned, after, conclude, fitting, learn
from longshelf.metrics.measured import Measured
from longshelf.tables import Dataset
from longshelf.tasks.base import Parts, divide

__all__ = ["Arm", "fit"]


@dataclass(frozen=True)
class Arm:
    """A fitted arm and what it scored on the test part.

    Parameters
    ----------
    parts : Parts
        Train, valid, test, targets and slices.
    learned : Learned
        The fit: model, outputs, cost.
    predicted : Predictions, Ranking or texts
    measured : Measured
    """

    parts: Parts
    learned: Learned
    predicted: Any
    measured: Measured

    @property
    def values(self) -> pl.DataFrame:
        """decision, metric, slice_axis, slice, value, low, high, support."""
        return self.measured.values

    @property
    def about(self) -> Mapping[str, Any]:
        """seconds, parameters, delivered rows, warnings, cache hits."""
        return self.learned.about

    def value(self, metric: str, slice: str = "all", decision: str | None = None) -> float:
        """One value.

        Raises
        ------
        InputError
            If it was not measured.
        """
        found = self.values
        for column, wanted in (("metric", metric), ("slice", slice), ("decision", decision)):
            if wanted is None:
                continue
            left = found.filter(pl.col(column) == wanted)
            if left.height == 0:
                raise unknown(column, wanted, found[column].unique().to_list())
            found = left
        return float(found["value"][0])


def fit(
    dataset: Dataset,
    *,
    features: Any = "tf_idf",
    model: Any = "linear",
    strategy: Any = "none",
    task: Any = "classify",
    split: Any = "stratified",
    seed: int = 0,
    rule: str = "mass",
    cache: Cache | None = None,
) -> Arm:
    """Fit one arm and measure it.

    Parameters
    ----------
    dataset : Dataset
        From :func:`longshelf.load`.
    features, model, strategy, task, split : str, mapping, list or instance
        As in a suite.
    seed : int, default 0
        Draws the split and the model.
    rule : str, default "mass"
        How head, torso and tail are cut.
    cache : Cache or None
        For features; None is the user's cache folder.

    Raises
    ------
    InputError
        Unknown names, or data that leave nothing to learn.
    NotApplicable
        If the model cannot honour the strategy.

    Examples
    --------
    >>> import longshelf as ls
    >>> arm = ls.fit(ls.load("marketplace"), strategy="LogitAdjusted")
    >>> 0 < arm.value("macro_f1", "tail") < 1
    True
    """
    problem = build("task", task).pose(dataset)
    parts = divide(problem, build("split", split), seed, rule)
    chosen = build("strategy", strategy)
    rng = np.random.default_rng(seed)
    learned = learn(
        parts, build("features", features), build("model", model), fitting(problem.task, chosen), rng,
        cache or Cache.default(),
    )  # fmt: skip
    predicted = conclude(learned, parts, after(chosen))
    return Arm(parts, learned, predicted, problem.task.measure(predicted, parts))
