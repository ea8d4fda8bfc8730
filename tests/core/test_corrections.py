"""Corrections and calibration against numbers worked by hand."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from longshelf.corrections import Calibration, Correction, log_probabilities, probabilities
from longshelf.tables import Targets

ABC = Targets(
    names=np.array(list("abc")), natural=np.array([6.0, 3, 1]), seen=np.array([4.0, 4, 2])
)
LABELS = Targets(names=np.array(list("ab")), kind="multilabel")
VALUE = Targets(names=np.array(["v"]), kind="value")
SCORES = np.array([[2.0, 1.0, 0.0], [0.0, 0.5, 0.0]])


def test_scores_are_scaled_then_shifted():
    moved = Correction(scale=np.array([2.0, 1, 1]), shift=np.array([0.0, 0, 3])).apply(SCORES)
    assert moved.tolist() == [[4.0, 1.0, 3.0], [0.0, 0.5, 3.0]]


def test_then_is_one_after_the_other():
    first = Correction(scale=2.0, shift=np.array([1.0, 0, 0]))
    later = Correction(scale=np.array([1.0, 3, 1]), shift=-1.0, costs=np.eye(3))
    both = first.then(later)
    np.testing.assert_allclose(both.apply(SCORES), later.apply(first.apply(SCORES)))
    assert both.costs is later.costs
    assert later.then(first).costs is later.costs


def test_decisions_by_kind():
    plain = Correction()
    assert plain.decide(SCORES, SCORES, ABC).tolist() == [0, 1]
    labels = plain.decide(np.array([[0.1, -0.1], [0.0, 2]]), np.zeros((2, 2)), LABELS)
    assert labels.tolist() == [[1, 0], [0, 1]]
    assert plain.decide(np.array([[1.5], [2.5]]), np.zeros((2, 1)), VALUE).tolist() == [1.5, 2.5]


def test_costs_decide_by_the_cheapest_expected_cost():
    # p = (.9, .1): deciding 0 costs .1 * 20 = 2, deciding 1 costs .9 * 1 = .9
    costs = np.array([[0.0, 1.0], [20.0, 0.0]])
    p = np.array([[0.9, 0.1], [0.99, 0.01]])
    two = Targets(names=np.array(["no", "yes"]))
    assert Correction(costs=costs).decide(np.log(p), p, two).tolist() == [1, 0]


def test_probabilities_by_kind():
    np.testing.assert_allclose(probabilities(SCORES, ABC), softmax(SCORES, axis=1))
    np.testing.assert_allclose(probabilities(SCORES[:, :2], LABELS), expit(SCORES[:, :2]))
    np.testing.assert_allclose(probabilities(SCORES[:, :1], VALUE), SCORES[:, :1])
    for targets, z in ((ABC, SCORES), (LABELS, SCORES[:, :2])):
        np.testing.assert_allclose(np.exp(log_probabilities(z, targets)), probabilities(z, targets))
    assert np.isfinite(log_probabilities(np.array([[-1e4, 1e4]]), LABELS)).all()


def test_calibration_follows_its_formula():
    made = Calibration(offset=np.array([1.0, 0, 0]), gain=np.array([0.0, 0, 2]), temperature=2.0)
    by_hand = softmax(np.array([[1.5, 0.5, 2.0], [0.5, 0.25, 2.0]]), axis=1)
    np.testing.assert_allclose(made.apply(SCORES, ABC), by_hand)
    same = Calibration.identity(ABC).apply(SCORES, ABC)
    np.testing.assert_allclose(same, softmax(SCORES, axis=1))


@pytest.mark.parametrize("temperature", [0.5, 2.0, 5.0])
def test_the_temperature_that_made_the_labels_is_found(temperature):
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(20_000, 3)) * 2
    truth = (softmax(honest, axis=1).cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    fitted = Calibration.fit(honest * temperature, truth, ABC, np.zeros(3))
    assert fitted.temperature == pytest.approx(temperature, rel=0.05)


def test_the_prior_terms_are_found_without_a_closed_form():
    rng = np.random.default_rng(1)
    n = 30_000
    honest = rng.normal(size=(n, 3)) * 1.5
    truth = (softmax(honest, axis=1).cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    shifted = honest - (np.log(ABC.prior) - np.log(ABC.seen_prior))
    fitted = Calibration.fit(shifted, truth, ABC, None)
    np.testing.assert_allclose(fitted.apply(shifted, ABC), softmax(honest, axis=1), atol=0.02)


def test_nothing_to_calibrate_is_left_alone():
    assert Calibration.fit(np.zeros((0, 3)), np.zeros(0, int), ABC, None).temperature == 1.0
    assert Calibration.fit(np.zeros((2, 1)), np.zeros(2), VALUE, None).temperature == 1.0
