"""How good the scores were, where what happened is known by now."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
import polars as pl

from longshelf.metrics.calibration import bins_of
from longshelf.tables import BoolArray, FloatArray

__all__ = ["Judged", "balanced", "judge", "labelled", "scores_of"]

DIGITS = 4


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


def scores_of(shown: pl.DataFrame, clicked: pl.DataFrame) -> pl.DataFrame:
    """How often each score was given, and clicked; a row per window, slice and score.

    Scores are kept to four digits, so that there are never more than a few thousand rows for
    each power of ten, however many exposures there were.

    Parameters
    ----------
    shown, clicked : polars.DataFrame
        Exposures that carry a score, and those of them that were clicked: ``window``, ``slice``,
        ``score``.

    Returns
    -------
    polars.DataFrame
        ``window``, ``slice``, ``score``, ``rows`` and ``clicks``.
    """
    one = pl.lit(1, pl.Int64)
    none = pl.lit(0, pl.Int64)
    keys = ("window", "slice", "score")
    both = pl.concat(
        [
            shown.select(*keys, rows=one, clicks=none),
            clicked.select(*keys, rows=none, clicks=one),
        ]
    )
    return (
        both.with_columns(pl.col("score").round_sig_figs(DIGITS))
        .group_by(keys, maintain_order=True)
        .sum()
    )


def labelled(scores: pl.DataFrame) -> tuple[FloatArray, BoolArray]:
    """Score of every exposure in such a table, and whether it was clicked; (n,), (n,)."""
    score, rows, clicks = (scores[name].to_numpy() for name in ("score", "rows", "clicks"))
    each = np.stack([clicks, rows - clicks], axis=1)
    click = np.tile([True, False], len(each))
    return np.repeat(score, rows), np.repeat(click, each.ravel())


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
