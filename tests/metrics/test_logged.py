"""Estimates from logged propensities against loops and against a policy that shows all alike."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.special import log_softmax, softmax

import longshelf as ls
from longshelf.errors import InputError
from longshelf.metrics import ClickRateIps, LogLossIps, PolicyValue, evaluate
from longshelf.metrics.reading import Reading
from longshelf.slices import cut
from longshelf.tables import Rows, Scored, Targets


def scored(y, scores, propensity):
    rows = Rows(
        id=np.arange(len(y)), inputs=pl.DataFrame(), y=y, code=y, groups=pl.DataFrame(),
        propensity=propensity,
    )  # fmt: skip
    p = softmax(scores, axis=1)
    return Scored(
        rows=rows, scores=log_softmax(scores, axis=1), raw=p, corrected=p,
        decisions={"argmax": p.argmax(axis=1)},
    )  # fmt: skip


def measured(part, metric):
    targets = Targets(names=np.array(["no", "yes"]), natural=np.array([90.0, 10.0]))
    values = evaluate(part, targets, cut(targets.natural), metrics=[metric], primary="macro_f1")
    found = values.values.filter(metric=metric.id, slice_axis="all")
    return dict(found.select("decision", "value").iter_rows())


@pytest.fixture
def world():
    rng, n = np.random.default_rng(1), 400
    y = (rng.random(n) < 0.2).astype(np.int64)
    return y, rng.normal(size=(n, 2)), rng.uniform(0.002, 1, n)


@pytest.mark.parametrize("clip", [0.01, 0.2])
def test_log_loss_weighs_rows_by_one_over_propensity(world, clip):
    y, z, rho = world
    top = bottom = 0.0
    for i in range(len(y)):
        weight = 1 / max(rho[i], clip)
        top -= weight * np.log(softmax(z[i])[y[i]])
        bottom += weight
    found = measured(scored(*world), LogLossIps(clip=clip))
    assert found["raw"] == pytest.approx(top / bottom)


@pytest.mark.parametrize("share", [0.1, 0.33, 1.0])
def test_click_rate_is_that_of_the_pairs_scored_highest(world, share):
    y, z, rho = world
    order = sorted(range(len(y)), key=lambda i: z[i, 0] - z[i, 1])[: round(share * len(y))]
    top = sum(y[i] / max(rho[i], 0.01) for i in order)
    bottom = sum(1 / max(rho[i], 0.01) for i in order)
    found = measured(scored(*world), ClickRateIps(share=share))
    assert found["score"] == pytest.approx(top / bottom)


def test_a_biased_log_tells_the_rate_of_showing_all_alike():
    rng = np.random.default_rng(0)
    truth = np.array([0.05, 0.3, 0.6])
    shown_by = np.array([0.8, 0.15, 0.05])
    item = rng.choice(3, size=200_000, p=shown_by)
    y = (rng.random(len(item)) < truth[item]).astype(np.int64)
    part = scored(y, np.zeros((len(y), 2)), shown_by[item])
    assert y.mean() < 0.13
    assert measured(part, ClickRateIps(share=1.0))["score"] == pytest.approx(truth.mean(), abs=0.01)


def test_neither_is_measured_without_propensities(world):
    y, z, _ = world
    found = evaluate(
        scored(y, z, None), Targets(names=np.array(["no", "yes"]), natural=np.array([9.0, 1.0])),
        cut(np.array([9.0, 1.0])),
    ).values  # fmt: skip
    assert not found["metric"].str.contains("ips").any()


@pytest.mark.parametrize(
    ("metric", "given"),
    [(LogLossIps, {"clip": 0}), (ClickRateIps, {"clip": 1.5}), (ClickRateIps, {"share": 1.2})],
)
def test_arguments_are_checked(metric, given):
    ((name, value),) = given.items()
    with pytest.raises(
        InputError, match=rf"{metric.__name__}'s? {name} must be in \(0, 1\], got {value}"
    ):
        metric(**given)


def test_both_share_one_clip_and_its_weights(world):
    _, _, rho = world
    reading = Reading(scored(*world), Targets(names=np.array(["no", "yes"])))
    wanted = 1 / np.maximum(rho, 0.3)
    for metric in (LogLossIps, ClickRateIps):
        np.testing.assert_allclose(metric(clip=0.3).weight(reading), wanted)


@pytest.mark.parametrize("share", [0.1, 0.33, 1.0])
def test_policy_value_is_the_mean_truth_of_the_pairs_scored_highest(world, share):
    y, z, _ = world
    chance = np.random.default_rng(2).random(len(y))
    part = scored(y, z, None)
    part = replace(part, rows=replace(part.rows, chance=chance))
    order = sorted(range(len(y)), key=lambda i: z[i, 0] - z[i, 1])[: round(share * len(y))]
    found = measured(part, PolicyValue(share=share))
    assert found["score"] == pytest.approx(np.mean([chance[i] for i in order]))
    with pytest.raises(InputError, match="share must be in"):
        PolicyValue(share=0.0)


def test_the_simulated_shop_knows_what_a_list_of_ads_is_worth():
    data = ls.load("marketplace(problem='ads', users=300, items=200)")
    known = data.rows["true_appeal"].to_numpy()
    assert (known >= data.rows["true_click"].to_numpy() - 1e-12).all()
    rate = (data.rows["click"] == "yes").mean()
    assert rate == pytest.approx(data.rows["true_click"].mean(), abs=0.01)
    best = ls.fit(data, features="tf_idf", model="logistic").value("policy_value")
    alike = ls.fit(data, features="nothing", model="prior").value("policy_value")
    assert alike == pytest.approx(known.mean(), rel=0.1)
    assert best > alike
