"""Row weights, drawing probabilities and negatives against hand-worked tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from long_tailed import rows_of
from sklearn.utils.class_weight import compute_sample_weight

from longshelf.corrections import Correction
from longshelf.errors import InputError, NotApplicable
from longshelf.strategies import (
    ClassBalancedSampling,
    CostMatrix,
    EffectiveNumber,
    InBatch,
    InverseFrequency,
    LabelDistributionSmoothing,
    SqrtSampling,
)
from longshelf.tables import Targets

WEIGHTS = [
    InverseFrequency(),
    InverseFrequency(gamma=0.5),
    EffectiveNumber(),
    CostMatrix(),
    CostMatrix(costs="taxonomy"),
    LabelDistributionSmoothing(),
]


@pytest.mark.parametrize("strategy", WEIGHTS)
def test_weights_have_mean_one_and_differ_from_plain(problem, strategy) -> None:
    weights = strategy.weigh(problem.rows, problem.targets)
    assert weights.mean() == pytest.approx(1)
    if strategy != CostMatrix(costs="taxonomy"):
        assert np.ptp(weights) > 0.5


@pytest.mark.parametrize("strategy", [InverseFrequency(), CostMatrix()])
def test_balanced_weights_are_scikit_learns(problem, strategy) -> None:
    wanted = compute_sample_weight("balanced", problem.rows.code)
    got = strategy.weigh(problem.rows, problem.targets)
    np.testing.assert_allclose(got, wanted / wanted.mean(), rtol=1e-12)


def test_weights_read_what_the_learner_meets(problem) -> None:
    even = problem.targets.seeing(np.full(6, 36.0))
    for strategy in (InverseFrequency(), EffectiveNumber(), CostMatrix()):
        np.testing.assert_allclose(strategy.weigh(problem.rows, even), 1)


def test_effective_number_by_hand() -> None:
    rows = rows_of(np.array([0, 0, 0, 1]), np.array([0, 0, 0, 1]))
    targets = Targets(names=np.array(["a", "b"])).observed(rows)
    raw = np.array([1 / 1.75, 1 / 1.75, 1 / 1.75, 1])
    got = EffectiveNumber(beta=0.5).weigh(rows, targets)
    np.testing.assert_allclose(got, raw / raw.mean())


def test_a_row_of_several_labels_takes_their_mean(labels) -> None:
    rare = np.maximum(labels.targets.seen, 1) ** -1.0
    each = [
        np.mean([rare[c] for c in np.flatnonzero(row)]) if row.any() else np.nan
        for row in labels.rows.y
    ]
    marks = np.concatenate([np.flatnonzero(row) for row in labels.rows.y])
    each = np.where(np.isnan(each), rare[marks].mean(), each)
    got = InverseFrequency().weigh(labels.rows, labels.targets)
    np.testing.assert_allclose(got, each / each.mean(), rtol=1e-12)


def test_label_distribution_smoothing_by_hand() -> None:
    code = np.repeat([0, 1, 2], [4, 0, 12])
    rows = rows_of(code.astype(float), code)
    targets = Targets(names=np.array(list("abc")), kind="value").observed(rows)
    bell = np.exp([-0.5, 0, -0.5])
    side, middle = bell[0] / bell.sum(), bell[1] / bell.sum()
    density = [4 * middle, 4 * side + 12 * side, 12 * middle]
    raw = np.array([1 / density[c] for c in code])
    strategy = LabelDistributionSmoothing(kernel=3, sigma=1.0)
    np.testing.assert_allclose(strategy.weigh(rows, targets), raw / raw.mean())
    clipped = LabelDistributionSmoothing(kernel=3, sigma=1.0, clip=1.5).weigh(rows, targets)
    assert clipped.max() / np.median(clipped) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("strategy", "power"), [(ClassBalancedSampling(), 0), (SqrtSampling(), 0.5)]
)
def test_targets_are_drawn_by_a_power_of_their_count(problem, strategy, power) -> None:
    law = strategy.sample(problem.rows, problem.targets)
    share = np.bincount(problem.rows.code, weights=law, minlength=6)
    wanted = np.where(problem.targets.natural > 0, problem.targets.natural**power, 0)
    np.testing.assert_allclose(share, wanted / wanted.sum(), rtol=1e-12)


def test_money_decides_at_the_cheapest_expected_cost() -> None:
    targets = Targets(names=np.array(["no", "yes"]), natural=np.array([95.0, 5]))
    strategy = CostMatrix(costs="money", miss=20, false_alarm=1, at="decision")
    correction = strategy.correct(None, None, targets)
    calibrated = np.array([[0.96, 0.04], [0.95, 0.05], [0.9, 0.1]])
    # announcing costs (1 - p), keeping quiet 20 p: announce from p = 1 / 21 on
    assert correction.decide(np.zeros((3, 2)), calibrated, targets).tolist() == [0, 1, 1]
    rows = rows_of(np.array([0, 1]), np.array([0, 1]))
    assert strategy.weigh(rows, targets).tolist() == [1, 1]
    at_loss = replace(strategy, at="loss")
    np.testing.assert_allclose(at_loss.weigh(rows, targets), [2 / 21, 40 / 21])
    assert at_loss.correct(None, None, targets) == Correction()


def test_taxonomy_costs_by_hand(problem) -> None:
    small = replace(problem.targets, parents=np.array(list("aabbbb"))).take(np.arange(3))
    costs = CostMatrix(costs="taxonomy").matrix(small)
    assert costs.tolist() == [[0, 0.5, 1], [0.5, 0, 1], [1, 1, 0]]


def test_cost_matrices_are_checked(problem) -> None:
    with pytest.raises(InputError, match="square"):
        CostMatrix(costs=[[0, 1], [1]])
    with pytest.raises(InputError, match="for 2 targets, not 6"):
        CostMatrix(costs=[[0, 1], [5, 0]]).matrix(problem.targets)
    with pytest.raises(InputError, match="did you mean 'taxonomy'"):
        CostMatrix(costs="taxonmy")
    with pytest.raises(NotApplicable, match="not 6"):
        CostMatrix(costs="money").matrix(problem.targets)
    with pytest.raises(NotApplicable, match="no parents"):
        CostMatrix(costs="taxonomy").matrix(replace(problem.targets, parents=None))


def test_cost_matrices_from_yaml_show_and_parse_back() -> None:
    from longshelf.components import build, show

    strategy = build("strategy", {"CostMatrix": {"costs": [[0, 1], [5, 0]]}})
    assert show(strategy) == "CostMatrix(costs=((0.0, 1.0), (5.0, 0.0)))"
    assert build("strategy", show(strategy)) == strategy


def test_in_batch_negatives_are_the_batchs_targets_by_their_chance_to_be_in_it() -> None:
    rows = rows_of(np.array([3, 1, 3, 0]), np.array([3, 1, 3, 0]))
    targets = Targets(
        names=np.array(list("abcd")), natural=np.ones(4), seen=np.array([6.0, 3, 0, 1])
    )
    ids, log_q = InBatch().negatives(rows, targets, 0, None, np.random.default_rng(0))
    assert ids.tolist() == [0, 1, 3]
    share = np.array([6, 3, 1]) / 11
    np.testing.assert_allclose(np.exp(log_q), 1 - (1 - share) ** 4)


def test_sparse_code_counts_marks_not_values(labels) -> None:
    doubled = replace(labels.rows, code=sp.csr_matrix(labels.rows.code * 2))
    once = InverseFrequency().weigh(labels.rows, labels.targets)
    np.testing.assert_allclose(InverseFrequency().weigh(doubled, labels.targets), once)
