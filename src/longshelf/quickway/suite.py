"""A suite sized to the user's data and time."""

from __future__ import annotations

import re
from typing import Any

from longshelf.datasets.roles import ranks
from longshelf.errors import InputError
from longshelf.experiment.suite import Suite
from longshelf.quickway.lists import lists_suite
from longshelf.tables import Dataset
from longshelf.tasks import Classify

__all__ = ["in_seconds", "quick_suite"]

PROMISING = (
    "LogitAdjusted",
    "PostHocLogitAdjustment(tau=None)",
    "PerClassThreshold",
    "InverseFrequency(gamma=0.5)",
    "RandomOver",
    "Smote",
)
"""Cheap remedies, each of another kind, in the order they are given up when time is short."""

ROWS_PER_SECOND = 25_000
"""Training rows a linear or tree model learns from in a second, all arms and seeds counted once."""


def in_seconds(text: str) -> float:
    """``90s``, ``2m`` or ``1h`` in seconds.

    Raises
    ------
    InputError
        If it is not a number with a unit.

    Examples
    --------
    >>> in_seconds("2m")
    120.0
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", text)
    if not found or float(found[1]) <= 0:
        raise InputError(f"a time is a number with s, m or h, such as 90s or 2m; got {text!r}")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600, "": 1}[found[2]]


def quick_suite(
    dataset: Dataset, within: str, *, miss: float | None = None, false_alarm: float | None = None
) -> Suite:
    """The suite that fits a data set into a time.

    Text goes through TF-IDF to a linear model, tables to gradient boosting; three seeds give
    intervals. When the data are large for the time, the last remedies are given up first, then
    seeds.

    Without a label, interactions become lists for users: neighbours of items, a factorisation and
    EASE, on the future where time is known, else on the last item of each user. Judgements become
    search by words for queries that training did not have. When the catalogue is large for the
    time, the last models are given up first, then seeds.

    Parameters
    ----------
    dataset : Dataset
        The user's own, or a built-in one.
    within : str
        Such as ``2m``.
    miss, false_alarm : float or None
        Costs of the two errors of a problem with two classes, the rarer being the one to find.

    Raises
    ------
    InputError
        If costs are given for more than two classes or for lists, or there is nothing to learn
        from.
    """
    budget, about = in_seconds(within), f"the quick way, within {within}"
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", dataset.name).strip("._-") or "own"
    if ranks(dataset.schema):
        if miss is not None or false_alarm is not None:
            raise InputError(
                "--miss-costs and --false-alarm-costs are for the two classes of a label; "
                f"{dataset.name!r} has none: name it with --label, or leave the costs out"
            )
        return lists_suite(dataset, budget, name=name, about=about)
    features, model = _learner(dataset)
    arms = int(budget / (dataset.rows.height / ROWS_PER_SECOND + 1.0) / 3)
    remedies = PROMISING[: max(1, min(len(PROMISING), arms - 1))]
    return Suite(
        name=name,
        about=about,
        datasets=[dataset.name],
        task=_task(dataset, miss, false_alarm),
        seeds=3 if arms >= 2 else 1,
        features=[features],
        models=[model],
        strategies=["none", *remedies],
    )


def _task(dataset: Dataset, miss: float | None, false_alarm: float | None) -> dict[str, Any]:
    if (miss is None) != (false_alarm is None):
        raise InputError("give both costs: --miss-costs and --false-alarm-costs")
    if miss is None or false_alarm is None:
        return {"classify": {}}
    _two_classes(dataset)
    return {"classify": {"costs": [[0.0, float(false_alarm)], [float(miss), 0.0]]}}


def _learner(dataset: Dataset) -> tuple[str, str]:
    schema = dataset.schema
    if schema.text and not (schema.categorical or schema.numeric):
        return "tf_idf", "linear"
    if schema.categorical or schema.numeric:
        return ("combined" if schema.text else "tabular"), "light_gbm"
    raise InputError(
        f"data set {dataset.name!r} has a label but no input column; "
        "name one with --text, --categorical or --numeric"
    )


def _two_classes(dataset: Dataset) -> None:
    targets = Classify().pose(dataset).targets
    if len(targets) != 2:
        raise InputError(
            f"--miss-costs and --false-alarm-costs are for two classes, "
            f"{dataset.name!r} has {len(targets)}; give a cost matrix in a suite instead"
        )
