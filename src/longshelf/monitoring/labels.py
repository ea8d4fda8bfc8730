"""How good the scores were, where what happened is known by now."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import polars as pl

from longshelf.metrics.calibration import bins_of
from longshelf.tables import BoolArray, FloatArray

__all__ = ["Judged", "balanced", "exposures_with_clicks", "judge"]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Scores beside clicks.

    Parameters
    ----------
    rows : int
        Exposures.
    clicks : int
        Of them clicked.
    balanced_accuracy : float
        Mean recall of clicked and not clicked at a threshold; NaN where one is missing.
    se : float
        Its standard error.
    calibration : float
        Expected calibration error over equal-mass bins; NaN where scores are no probabilities.
    promised : float
        Mean score over click rate; 1 is calibrated in the large; NaN like ``calibration``.
    """

    rows: int
    clicks: int
    balanced_accuracy: float
    se: float
    calibration: float
    promised: float


def exposures_with_clicks(events: pl.DataFrame) -> pl.DataFrame:
    """Exposures that carry a score, each with whether it was clicked.

    Parameters
    ----------
    events : polars.DataFrame
        From :func:`~longshelf.monitoring.windows.with_windows`.

    Returns
    -------
    polars.DataFrame
        ``window``, ``request``, ``user``, ``item``, ``slice``, ``group``, ``score``, ``click``.
    """
    clicks = events.filter(pl.col("kind") == "click").select("request", "item").unique()
    return (
        events.filter(pl.col("kind") == "impression", pl.col("score").is_not_nan())
        .join(clicks.with_columns(click=True), on=["request", "item"], how="left")
        .with_columns(pl.col("click").fill_null(False))
        .select("window", "request", "user", "item", "slice", "group", "score", "click")
    )


def balanced(hit: FloatArray, miss: FloatArray) -> tuple[float, float]:
    """Mean recall of both classes and its standard error, from counts decided right and wrong.

    Parameters
    ----------
    hit, miss : (2,) float arrays
        Of the negatives and the positives.

    Examples
    --------
    >>> balanced(np.array([90.0, 5]), np.array([10.0, 5]))[0]
    0.7
    """
    whole = hit + miss
    if (whole <= 0).any():
        return float("nan"), float("nan")
    recall = hit / whole
    return float(recall.mean()), sqrt(float((recall * (1 - recall) / whole).sum())) / 2


def judge(score: FloatArray, click: BoolArray, threshold: float) -> Judged:
    """Hold scores against clicks.

    Parameters
    ----------
    score : (n,) float array
        Predicted probability of a click, or any score that rises with it.
    click : (n,) bool array
        What happened.
    threshold : float
        Scores from here on count as "will be clicked".

    Examples
    --------
    >>> judge(np.array([0.1, 0.9]), np.array([False, True]), 0.5).balanced_accuracy
    1.0
    """
    said = score >= threshold
    hit = np.array([(~said & ~click).sum(), (said & click).sum()], dtype=float)
    miss = np.array([(said & ~click).sum(), (~said & click).sum()], dtype=float)
    value, se = balanced(hit, miss)
    stated = len(score) > 0 and score.min() >= 0 and score.max() <= 1
    error = promised = float("nan")
    if stated:
        off = np.bincount(bins_of(score), click - score)
        error = float(np.abs(off).sum() / len(score))
        promised = float(score.sum() / click.sum()) if click.any() else float("nan")
    return Judged(
        rows=len(score), clicks=int(click.sum()), balanced_accuracy=value, se=se,
        calibration=error, promised=promised,
    )  # fmt: skip
