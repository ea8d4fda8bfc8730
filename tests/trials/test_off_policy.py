"""Values off policy: by hand, unbiased over repeats, and on logs of a real shop."""

from __future__ import annotations

import os

import numpy as np
import polars as pl
import pytest

from longshelf.datasets import OpenBandit
from longshelf.errors import InputError
from longshelf.trials import Bandit, cross_fitted, doubly_robust, ips, replay, snips

RATES = np.array([0.05, 0.1, 0.2, 0.02])
LOGGED = np.array([0.4, 0.3, 0.1, 0.2])
WANTED = np.array([0.1, 0.1, 0.7, 0.1])
TRUTH = float(WANTED @ RATES)


def log(seed: int, n: int = 3000):
    rng = np.random.default_rng(seed)
    choice = rng.choice(4, n, p=LOGGED)
    return choice, (rng.random(n) < RATES[choice]).astype(float), rng


def estimates(seed: int):
    choice, reward, rng = log(seed)
    logged, wanted = LOGGED[choice], WANTED[choice]
    model = cross_fitted(reward, choice, 4, rng)
    rows = np.arange(len(choice))
    return (
        ips(reward, logged, wanted),
        snips(reward, logged, wanted),
        doubly_robust(reward, logged, wanted, model[rows, choice], model @ WANTED),
    )


def test_estimates_are_unbiased_and_their_intervals_hold() -> None:
    found = [estimates(seed) for seed in range(400)]
    for column in zip(*found, strict=True):
        values = np.array([e.value for e in column])
        assert values.mean() == pytest.approx(TRUTH, abs=4 * values.std() / 20)
        held = np.mean([e.low <= TRUTH <= e.high for e in column])
        assert held > 0.95 - 3 * np.sqrt(0.95 * 0.05 / 400)
    effective = found[0][0].effective
    weight = WANTED / LOGGED
    assert effective == pytest.approx(3000 / (LOGGED @ weight**2), rel=0.1)


def test_doubly_robust_survives_wrong_propensities_if_the_model_is_right() -> None:
    choice, reward, _ = log(1, 40_000)
    wrong = np.full(len(choice), 0.25)
    wanted = WANTED[choice]
    found = doubly_robust(reward, wrong, wanted, RATES[choice], np.full(len(choice), TRUTH))
    assert found.low < TRUTH < found.high
    assert not ips(reward, wrong, wanted).low < TRUTH < ips(reward, wrong, wanted).high


def test_by_hand() -> None:
    reward, logged = np.array([1.0, 0, 1, 0]), np.array([0.5, 0.5, 0.25, 0.25])
    wanted = np.array([0.5, 0.1, 0.5, 0.0])
    assert ips(reward, logged, wanted).value == pytest.approx((1 + 2) / 4)
    assert ips(reward, logged, wanted, clip=1).value == pytest.approx((1 + 1) / 4)
    assert snips(reward, logged, wanted).value == pytest.approx(3 / 3.2)
    assert replay(reward, np.array([True, True, True, False])).value == pytest.approx(2 / 3)
    assert ips(reward, logged, wanted).effective == pytest.approx(3.2**2 / (1 + 0.04 + 4))


def test_rows_of_a_user_are_one_unit() -> None:
    rng = np.random.default_rng(2)
    reward = np.repeat(rng.random(200) < 0.3, 10).astype(float)
    user = np.repeat(np.arange(200), 10)
    flat = np.full(2000, 0.5)
    alone, together = ips(reward, flat, flat), ips(reward, flat, flat, user=user)
    assert (together.high - together.low) / (alone.high - alone.low) == pytest.approx(
        np.sqrt(10), rel=0.01
    )


@pytest.mark.parametrize("bad", [0.0, -0.1, 1.2, float("nan")])
def test_propensities_that_cannot_be_are_refused(bad: float) -> None:
    with pytest.raises(InputError, match="1 of 2 logged propensities"):
        snips(np.ones(2), np.array([0.5, bad]), np.ones(2))
    with pytest.raises(InputError, match="all weights are 0"):
        snips(np.ones(2), np.array([0.5, 0.5]), np.zeros(2))
    with pytest.raises(InputError, match="agrees with none"):
        replay(np.ones(2), np.zeros(2, dtype=bool))


@pytest.mark.real_data
@pytest.mark.skipif("LONGSHELF_DATA" not in os.environ, reason="LONGSHELF_DATA is not set")
@pytest.mark.parametrize("campaign", ["men", "women"])
def test_logs_of_a_real_shop_foretell_each_other_where_enough_rows_carry_weight(
    campaign: str,
) -> None:
    rows = {
        policy: OpenBandit(policy=policy, campaign=campaign)
        .load()
        .rows.with_columns(won=(pl.col("click") == "click").cast(pl.Float64))
        for policy in ("random", "bts")
    }
    habit = rows["bts"].group_by("item", "position").agg(n=pl.len())
    habit = habit.with_columns(wanted=pl.col("n") / pl.col("n").sum().over("position"))
    items = rows["random"]["item"].n_unique()
    onto_bts = rows["random"].join(habit, on=["item", "position"], how="left")
    onto_bts = onto_bts.with_columns(pl.col("wanted").fill_null(0))
    onto_uniform = rows["bts"].with_columns(wanted=pl.lit(1 / items))
    for shown, own in ((onto_bts, rows["bts"]), (onto_uniform, rows["random"])):
        reward, logged, wanted = (shown[n].to_numpy() for n in ("won", "propensity", "wanted"))
        truth = replay(own["won"].to_numpy(), np.ones(own.height, dtype=bool))
        for estimate in (ips, snips):
            found = estimate(reward, logged, wanted)
            if found.enough:
                apart = np.hypot(found.high - found.value, truth.high - truth.value)
                assert abs(found.value - truth.value) < apart
            assert found.enough == (shown is onto_bts or campaign == "men")
            assert estimate(reward, logged, wanted, clip=20).enough


def test_a_bandit_gives_each_arm_its_chance_of_being_best() -> None:
    rng = np.random.default_rng(0)
    won, tried = [30, 38, 20], [500, 520, 400]
    draws = np.stack([rng.beta(1 + w, 1 + t - w, 200_000) for w, t in zip(won, tried, strict=True)])
    best = np.bincount(draws.argmax(axis=0), minlength=3) / 200_000
    assert Bandit(least=0.0).shares(won, tried) == pytest.approx(best, abs=0.005)
    assert min(Bandit(least=0.05).shares([0, 400], [1000, 1000])) == pytest.approx(0.05)
    assert Bandit().shares([0, 0], [0, 0]) == pytest.approx((0.5, 0.5))
    for wrong in (([1], [2]), ([3, 1], [2, 2]), ([1, 1], [2, 2, 2])):
        with pytest.raises(InputError, match="two arms or more"):
            Bandit().shares(*wrong)
    with pytest.raises(InputError, match="sum to more than 1"):
        Bandit(least=0.6).shares([0, 0], [0, 0])
    with pytest.raises(InputError, match="above 0"):
        Bandit(prior=(0.0, 1.0))


def test_a_bandit_loses_fewer_clicks_and_its_log_still_tells_every_arms_rate() -> None:
    truth, found, lost = np.array([0.05, 0.1]), [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        won, tried, logs = np.zeros(2), np.zeros(2), []
        for _ in range(15):
            shares = np.array(Bandit(least=0.05).shares(won, tried))
            arm = (rng.random(200) < shares[1]).astype(int)
            reward = (rng.random(200) < truth[arm]).astype(float)
            won += np.bincount(arm, reward, 2)
            tried += np.bincount(arm, minlength=2)
            logs.append((reward, shares[arm], (arm == 0).astype(float)))
        found.append(ips(*(np.concatenate(part) for part in zip(*logs, strict=True))).value)
        lost.append(0.05 * tried[0])
    assert np.mean(lost) < 0.4 * 0.05 * 1500
    assert np.mean(found) == pytest.approx(0.05, abs=4 * np.std(found) / np.sqrt(60))
