"""Tuned rules: exact steps, no harm where nothing is to be gained, gains where there are some."""

import numpy as np
import pytest

from longshelf.errors import InputError
from longshelf.metrics.ascent import Ascent, Objective
from longshelf.metrics.tuning import tune, tune_binary, tune_multiclass, tune_multilabel
from longshelf.tables import Targets


def problem(n, classes=8, seed=0, pull=2.0):
    rng = np.random.default_rng(seed)
    prior = 1 / np.arange(1, classes + 1) ** 1.5
    prior = prior / prior.sum()
    y = rng.choice(classes, n, p=prior)
    z = rng.normal(size=(n, classes)) + np.log(prior)
    z[np.arange(n), y] += pull
    targets = Targets(names=np.array([f"c{i}" for i in range(classes)]), natural=prior * 10_000)
    return z, y, targets


@pytest.mark.parametrize("metric", ["macro_f1", "balanced_accuracy", "expected_cost"])
def test_a_step_finds_the_best_of_every_threshold(metric):
    z, y, _ = problem(150, classes=4)
    costs = np.arange(16.0).reshape(4, 4) * (1 - np.eye(4)) if metric == "expected_cost" else None
    objective = Objective(metric, costs)
    for c in range(4):
        ascent = Ascent(z, y, np.zeros(4), objective, np.inf)
        ascent.climb(np.array([c]), passes=1)
        reached = objective.value((z + ascent.shift).argmax(axis=1), y, 4)
        others = np.delete(z, c, axis=1).max(axis=1) - z[:, c]
        cuts = np.sort(others)
        places = np.concatenate([[cuts[0] - 1], (cuts[1:] + cuts[:-1]) / 2, [cuts[-1] + 1]])
        unit = np.eye(4)[c]
        brute = max(objective.value((z + b * unit).argmax(axis=1), y, 4) for b in places)
        assert reached == pytest.approx(brute, abs=1e-12)


def test_the_ascent_keeps_its_books():
    z, y, targets = problem(500)
    ascent = Ascent(z, y, -0.5 * np.log(targets.prior), Objective())
    ascent.climb(np.arange(8))
    decided = (z + ascent.shift).argmax(axis=1)
    assert np.array_equal(ascent.first, decided)
    assert ascent.said.tolist() == np.bincount(decided, minlength=8).tolist()


def test_tuning_gains_on_new_rows_where_the_prior_hurts():
    z, y, targets = problem(6000, seed=1)
    shift = tune_multiclass(z[:2000], y[:2000], targets)
    objective = Objective()
    new, truth = z[2000:], y[2000:]
    plain = objective.value(new.argmax(axis=1), truth, 8)
    assert objective.value((new + shift).argmax(axis=1), truth, 8) > plain + 0.02


def test_nothing_to_gain_gives_nothing_or_next_to_it():
    harm = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 10, 3000)
        z = rng.normal(size=(3000, 10))
        z[np.arange(3000), y] += 2
        targets = Targets(names=np.array([f"c{i}" for i in range(10)]), natural=np.full(10, 100.0))
        shift = tune_multiclass(z[:600], y[:600], targets)
        objective = Objective()
        new, truth = z[600:], y[600:]
        harm.append(
            objective.value((new + shift).argmax(axis=1), truth, 10)
            - objective.value(new.argmax(axis=1), truth, 10)
        )
    assert np.mean(harm) > -0.005


def test_rare_classes_share_one_number():
    z, y, targets = problem(400, classes=8, seed=2)
    shift = tune_multiclass(z, y, targets, min_rows=10_000)
    rise = -np.log(targets.prior)
    slope = np.diff(shift) / np.diff(rise)
    assert slope == pytest.approx(np.full(7, slope[0]), abs=1e-9)


def test_binary_costs_move_the_threshold():
    rng = np.random.default_rng(0)
    y = (rng.random(3000) < 0.2).astype(int)
    margin = rng.normal(size=3000) + 2 * y - 1
    z = np.stack([np.zeros(3000), margin], axis=1)
    dear = tune_binary(z, y, "expected_cost", np.array([[0.0, 1.0], [20.0, 0.0]]))
    cheap = tune_binary(z, y, "expected_cost", np.array([[0.0, 1.0], [1.0, 0.0]]))
    assert np.diff(dear)[0] > np.diff(cheap)[0] + 1


def test_labels_get_their_own_thresholds_and_rare_ones_share():
    rng = np.random.default_rng(1)
    hot = rng.random((2000, 3)) < [0.3, 0.1, 0.004]
    z = rng.normal(size=(2000, 3)) + 2 * hot + [-3.0, 1.0, -2.0]
    targets = Targets(names=np.array(list("abc")), kind="multilabel", natural=hot.sum(axis=0))
    shift = tune_multilabel(z, hot, targets)
    assert shift[0] > 0.5
    assert shift[1] < -0.5
    assert tune(z, hot.astype(np.float32), targets).tolist() == shift.tolist()


def test_an_unknown_goal_is_named():
    z, y, targets = problem(50)
    with pytest.raises(InputError, match="did you mean 'macro_f1'"):
        tune_multiclass(z, y, targets, metric="macro-f1")
    with pytest.raises(InputError, match="needs costs"):
        tune_binary(z[:, :2], np.minimum(y, 1), "expected_cost")
