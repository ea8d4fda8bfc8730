"""Quality without labels, shown only where it was right on windows whose labels came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError
from longshelf.monitoring.labels import balanced
from longshelf.tables import BoolArray, FloatArray
from longshelf.trials.said import Said

__all__ = [
    "Estimated",
    "average_threshold",
    "checked_estimate",
    "confidence_difference",
    "expected_balanced_accuracy",
]

FEWEST = 3
TOLERANCE = 0.02
NOISE = float(np.sqrt(2 / np.pi))
"""Mean absolute value of a standard normal number."""


@dataclass(frozen=True, kw_only=True)
class Estimated:
    """A quality nobody measured yet, or why there is none.

    Parameters
    ----------
    name : Said
        What is estimated, and how.
    value : float or None
        None where the check failed.
    reason : Said
        What the check found.
    windows : int
        Labelled windows it was checked on.
    """

    name: Said
    value: float | None
    reason: Said
    windows: int


def expected_balanced_accuracy(probability: FloatArray, threshold: float) -> float:
    """Balanced accuracy that calibrated probabilities promise (CBPE).

    The expected confusion table: a row of probability p is a positive to the share p.

    Parameters
    ----------
    probability : (n,) float array
        Of a click.
    threshold : float
        Rows from here on are called positive.

    References
    ----------
    .. [1] Bialek et al., Estimating Model Performance Under Covariate Shift Without Labels, 2024,
       arXiv:2401.08348, section 3 (confidence-based performance estimation).

    Examples
    --------
    >>> expected_balanced_accuracy(np.array([0.0, 0.0, 1.0]), 0.5)
    1.0
    """
    said = probability >= threshold
    hit = np.array([(1 - probability)[~said].sum(), probability[said].sum()])
    miss = np.array([(1 - probability)[said].sum(), probability[~said].sum()])
    return balanced(hit, miss)[0]


def confidence_difference(confidence: FloatArray, right: BoolArray, now: FloatArray) -> float:
    """Accuracy now by the difference of mean confidences (DoC) [1]_.

    Parameters
    ----------
    confidence : (m,) float array
        Largest probability of each labelled row.
    right : (m,) bool array
        Whether it was decided right.
    now : (n,) float array
        Largest probability of each row without a label.

    References
    ----------
    .. [1] Guillory et al., Predicting with Confidence on Unseen Distributions, ICCV 2021,
       arXiv:2107.03315, eq. 4.

    Examples
    --------
    >>> confidence_difference(np.array([0.8, 0.8]), np.array([True, False]), np.array([0.7]))
    0.4
    """
    _some(confidence, now)
    return float(np.round(right.mean() + now.mean() - confidence.mean(), 12))


def average_threshold(confidence: FloatArray, right: BoolArray, now: FloatArray) -> float:
    """Accuracy now as the share above a threshold learned where labels are (ATC) [1]_.

    The threshold leaves as large a share of the labelled rows below it as was decided wrong.

    Parameters
    ----------
    confidence, right, now
        As in :func:`confidence_difference`.

    References
    ----------
    .. [1] Garg et al., Leveraging Unlabeled Data to Predict Out-of-Distribution Performance, ICLR
       2022, arXiv:2201.04234, eq. 1 and 2.

    Examples
    --------
    >>> average_threshold(np.array([0.9, 0.8, 0.6, 0.5]), np.array([True, True, True, False]),
    ...                   np.array([0.55, 0.95]))
    0.5
    """
    _some(confidence, now)
    wrong = int((~right).sum())
    ordered = np.sort(confidence)
    threshold = ordered[wrong] if wrong < len(ordered) else np.inf
    return float((now >= threshold).mean())


def _some(confidence: FloatArray, now: FloatArray) -> None:
    if not len(confidence) or not len(now):
        raise InputError("an estimate needs labelled rows to learn from and rows of now")


def checked_estimate(
    name: str,
    estimates: Sequence[float],
    measured: Sequence[float],
    errors: Sequence[float],
    now: float,
    *,
    tolerance: float = TOLERANCE,
) -> Estimated:
    """Show an estimate only if earlier ones were as near to the truth as chance lets them be.

    Passes where the mean absolute error over labelled windows is at most twice what sampling of
    the labels alone would give, or at most the tolerance.

    Parameters
    ----------
    name : str
        What and how.
    estimates, measured, errors : sequences of float
        Per labelled window: estimated without labels, measured, and the standard error of the
        latter. Windows with NaN are left out.
    now : float
        The estimate to show.
    tolerance : float, default 0.02
        An error that is always small enough.

    Examples
    --------
    >>> found = checked_estimate("accuracy (DoC)", [0.8, 0.7, 0.9], [0.5, 0.5, 0.5], [0.01] * 3, 0.8)
    >>> found.value is None
    True
    """
    title = name if isinstance(name, Said) else Said(name)
    table = np.array([estimates, measured, errors], dtype=float).reshape(3, -1)
    table = table[:, np.isfinite(table).all(axis=0)]
    n = table.shape[1]
    if n < FEWEST:
        reason = Said(
            f"{n} labelled windows to check it on; {FEWEST} are needed",
            f"可核对的窗口只有 {n} 个，需要 {FEWEST} 个",
        )
        return Estimated(name=title, value=None, reason=reason, windows=n)
    off = float(np.abs(table[0] - table[1]).mean())
    allowed = max(2 * NOISE * float(table[2].mean()), tolerance)
    told = Said(
        f"mean error {off:.3f} on {n} labelled windows, allowed {allowed:.3f}",
        f"在 {n} 个已知结果的窗口上平均误差 {off:.3f}，允许 {allowed:.3f}",
    )
    if off > allowed:
        hidden = Said(f"not shown: {told}", f"不显示：{told.zh}")
        return Estimated(name=title, value=None, reason=hidden, windows=n)
    if not np.isfinite(now):
        nothing = Said("nothing to estimate from now", "现在没有可供估计的数据")
        return Estimated(name=title, value=None, reason=nothing, windows=n)
    return Estimated(name=title, value=now, reason=told, windows=n)
