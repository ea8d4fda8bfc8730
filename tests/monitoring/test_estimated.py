"""Label-free quality: right where its assumption holds, withheld where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from longshelf.errors import InputError
from longshelf.monitoring import checked_estimate
from longshelf.monitoring.estimated import (
    average_threshold,
    confidence_difference,
    expected_balanced_accuracy,
)
from longshelf.monitoring.labels import judge

RNG = np.random.default_rng(3)


def rows(n: int, spread: float):
    """Calibrated probabilities of two classes, more spread where the problem is easier."""
    p = 1 / (1 + np.exp(-RNG.normal(0, spread, n)))
    return p, RNG.random(n) < p


def test_calibrated_probabilities_foretell_quality_under_covariate_shift() -> None:
    (old, truth), (now, later) = rows(20_000, 1.0), rows(20_000, 3.0)
    assert expected_balanced_accuracy(now, 0.5) == pytest.approx(
        judge(now, later, 0.5).balanced_accuracy, abs=0.01
    )
    confidence, fresh = np.maximum(old, 1 - old), np.maximum(now, 1 - now)
    right, measured = (old > 0.5) == truth, ((now > 0.5) == later).mean()
    assert confidence_difference(confidence, right, fresh) == pytest.approx(measured, abs=0.01)
    assert average_threshold(confidence, right, fresh) == pytest.approx(measured, abs=0.06)
    assert measured - right.mean() > 0.1
    with pytest.raises(InputError, match="labelled rows"):
        average_threshold(np.zeros(0), np.zeros(0, dtype=bool), fresh)


def windows(bias: float, n: int = 8):
    measured = 0.8 + RNG.normal(0, 0.02, n)
    return [0.8 + bias] * n, measured, [0.02] * n


def test_the_check_lets_pass_what_is_right_and_withholds_what_is_not() -> None:
    assert checked_estimate("x", *windows(0.0), 0.79).value == 0.79
    biased = checked_estimate("x", *windows(0.1), 0.79)
    assert biased.value is None
    assert "not shown: mean error 0.1" in biased.reason
    few = checked_estimate("x", *windows(0.0, 2), 0.79)
    assert few.value is None
    assert "3 are needed" in few.reason
    assert checked_estimate("x", [0.8, np.nan, 0.8], [0.8] * 3, [0.01] * 3, 0.8).windows == 2
    assert checked_estimate("x", *windows(0.0), float("nan")).value is None


def test_how_often_the_check_is_wrong() -> None:
    passed = [checked_estimate("x", *windows(0.0), 0.8, tolerance=0.0).value for _ in range(300)]
    assert np.mean([value is not None for value in passed]) > 0.98
    caught = [checked_estimate("x", *windows(0.06), 0.8, tolerance=0.0).value for _ in range(300)]
    assert np.mean([value is None for value in caught]) > 0.95


def test_scores_beside_clicks_by_hand() -> None:
    score, click = np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, True, True, True])
    found = judge(score, click, 0.5)
    assert found.balanced_accuracy == pytest.approx((1 + 2 / 3) / 2)
    assert found.promised == pytest.approx(2.0 / 3)
    assert found.calibration == pytest.approx(1.0 / 4)
    assert np.isnan(judge(score * 5, click, 0.5).promised)
    assert np.isnan(judge(score, np.zeros(4, dtype=bool), 0.5).balanced_accuracy)
