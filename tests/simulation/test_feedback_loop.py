"""The feedback loop against what must be true of it."""

from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest

import longshelf as ls
from longshelf.components import build
from longshelf.datasets import Marketplace
from longshelf.datasets.marketplace.behaviour import GROUPS
from longshelf.errors import InputError, NotApplicable
from longshelf.metrics.loop import (
    ListedGini,
    ListedShare,
    Round,
    Survival,
    TailClicks,
    Welfare,
    WelfareShare,
)
from longshelf.simulation import Log, Shop, play
from longshelf.slices import cut
from longshelf.strategies import EpsilonGreedy
from longshelf.tables import Context, Ranking, Targets

K = 5
EVERY = tuple(
    metric(k=K) for metric in (Welfare, WelfareShare, ListedGini, ListedShare, Survival, TailClicks)
)


@pytest.fixture(scope="module")
def source() -> Marketplace:
    return Marketplace(problem="interactions", users=400, items=200, seed=3)


@pytest.fixture(scope="module")
def shop(source: Marketplace) -> Shop:
    return Shop.of(source, K)


def uniform(shop: Shop, seed: int):
    rng = np.random.default_rng(seed)
    return lambda log, number: rng.random((len(shop), shop.items.height)).argsort(axis=1)[:, :K]


def popular(shop: Shop):
    def lists(log: Log, number: int):
        counts = np.bincount(log.item, minlength=shop.items.height)
        return np.tile(np.argsort(-counts, kind="stable")[:K], (len(shop), 1))

    return lists


def course(shop: Shop, recommend, rounds: int = 8):
    played = play(shop, recommend, EVERY, rounds, np.random.default_rng(1))
    return {metric.stem: played.values[:, m] for m, metric in enumerate(EVERY)}


def test_attraction_is_the_probability_impressions_were_drawn_with(
    source: Marketplace, shop: Shop
) -> None:
    users, shown = next(iter(source.chunks()))
    at = shown.join(users.select("user", "favourite"), on="user", how="left")
    user, item = at["user"].to_numpy(), at["item"].to_numpy()
    looked = at["position"].to_numpy().astype(float) ** -source.position_decay
    truth = at["true_click"].to_numpy() / looked
    quarter = at["time"].dt.ordinal_day().to_numpy() - 1
    season = source.catalogue.season[item] == (quarter // 92 % 4)
    mean = shop.attraction[shop.kind[user], item]
    assert (truth[season] > mean[season]).all()
    assert (truth[~season] < mean[~season]).all()
    for inside in (True, False):
        odds = np.log(truth / (1 - truth))[season == inside]
        assert np.isfinite(odds).all()
    again = 0.25 * _shifted(truth, np.where(season, 0.0, 0.5)) + 0.75 * _shifted(
        truth, np.where(season, -0.5, 0.0)
    )
    np.testing.assert_allclose(mean, again, rtol=1e-9)


def _shifted(p, by):
    odds = np.log(p / (1 - p)) + by
    return 1 / (1 + np.exp(-odds))


def test_metrics_equal_a_table_worked_by_hand() -> None:
    seen = Round(
        ids=np.array([[0, 1], [0, -1]]),
        chance=np.array([[0.5, 0.2], [0.1, 0.0]]),
        attainable=np.array([0.9, 0.7]),
        clicked=np.array([0, 0, 3]),
        tail=np.array([False, True, True, True]),
    )
    assert Welfare(k=2).of(seen) == pytest.approx(0.4)
    assert WelfareShare(k=2).of(seen) == pytest.approx(0.8 / 1.6)
    assert ListedShare(k=2).of(seen) == 0.5
    assert ListedGini(k=2).of(seen) == pytest.approx((1 * 1 + 3 * 2) / (3 * 3))
    assert Survival(k=2).of(seen) == 0.5
    assert TailClicks(k=2).of(seen) == pytest.approx(0.2 / 0.8)
    assert Welfare(k=2).of(seen.take(np.array([False, True]))) == pytest.approx(0.1)


def test_no_list_is_worth_more_than_the_best(shop: Shop) -> None:
    best = shop.welfare(shop.best())
    rng = np.random.default_rng(0)
    for _ in range(20):
        ids = rng.random((len(shop), shop.items.height)).argsort(axis=1)[:, :K]
        assert (shop.welfare(ids) < best).all()
    swapped = shop.best()[:, ::-1]
    assert (shop.welfare(swapped) < best).all()


def test_the_oracle_is_above_everything_in_every_round(shop: Shop) -> None:
    oracle = course(shop, lambda log, number: shop.best())
    rivals = [course(shop, uniform(shop, 0)), course(shop, popular(shop))]
    assert np.allclose(oracle["welfare_share"], 1.0)
    for rival in rivals:
        assert (rival["welfare"] < oracle["welfare"]).all()


def test_random_lists_stay_at_the_floor_of_inequality_and_popular_ones_do_not(shop: Shop) -> None:
    """Of random lists the exposure is binomial; its Gini is about its deviation over √π."""
    chance = course(shop, uniform(shop, 0))
    listed, items = len(shop) * K, shop.items.height
    mean = listed / items
    floor = np.sqrt(mean * (1 - K / items)) / mean / np.sqrt(np.pi)
    np.testing.assert_allclose(chance["gini"][:, 0], floor, rtol=0.15)
    assert (chance["coverage"][:, 0] > 0.99).all()
    taken = course(shop, popular(shop))
    assert (taken["gini"][:, 0] > 0.95).all()
    assert (taken["coverage"][:, 0] <= K / items + 1e-12).all()
    assert (taken["survival"][:, 0] < chance["survival"][:, 0]).all()


def test_clicks_come_with_their_probabilities(shop: Shop) -> None:
    ids, rng = shop.best(), np.random.default_rng(0)
    times = 300
    found = np.zeros(K)
    for _ in range(times):
        log = shop.clicks(ids, rng)
        assert (ids[log.user, log.position - 1] == log.item).all()
        found += np.bincount(log.position - 1, minlength=K)
    wanted = shop.chance(ids).sum(axis=0) * times
    np.testing.assert_allclose(found, wanted, atol=4 * np.sqrt(wanted.max()))


def test_what_is_measured_is_not_what_was_learned(shop: Shop) -> None:
    """Clicks of a round reach the recommender only in the next one."""
    sizes = []

    def watch(log: Log, number: int):
        sizes.append(len(log))
        return shop.best()

    played = play(shop, watch, EVERY, 4, np.random.default_rng(0))
    assert sizes[0] == len(shop.start)
    assert (np.diff(sizes) == played.clicks[:-1]).all()


def test_seeds_are_other_shops_and_arms_share_them() -> None:
    data = ls.load("marketplace(problem='interactions', users=150, items=120)")
    how = {
        "task": "feedback_loop(rounds=2, k=5, depth=20)",
        "features": "ids",
        "model": "most_popular",
    }
    first, again, other = (ls.fit(data, seed=s, **how) for s in (0, 0, 1))
    assert first.values.equals(again.values)
    assert first.value("welfare@5") != other.value("welfare@5")
    remedied = ls.fit(data, **how, strategy="EpsilonGreedy(epsilon=0.5, k=5)")
    one = remedied.value("welfare@5") / remedied.value("welfare_share@5")
    plain = first.value("welfare@5") / first.value("welfare_share@5")
    assert one == pytest.approx(plain)
    assert remedied.value("coverage@5") > first.value("coverage@5")


def test_values_are_cut_by_round_and_by_group() -> None:
    data = ls.load("marketplace(problem='interactions', users=150, items=120)")
    arm = ls.fit(
        data, task="feedback_loop(rounds=3, k=5, depth=20)", features="ids", model="random_ranking"
    )
    rounds = arm.values.filter(metric="welfare@5", slice_axis="round")
    assert rounds["slice"].to_list() == ["01", "02", "03"]
    assert rounds["value"][-1] == arm.value("welfare@5")
    users = next(iter(Marketplace(problem="interactions", users=150, items=120).chunks()))[0]
    share = [(users["group"] == name).mean() for name in GROUPS]
    parts = [
        arm.values.filter(metric="welfare@5", slice_axis="group", slice=g)["value"].item()
        for g in GROUPS
    ]
    assert np.dot(share, parts) == pytest.approx(arm.value("welfare@5"))


@pytest.mark.parametrize("repeats", [True, False])
def test_without_repeats_nobody_is_shown_what_they_clicked(repeats: bool, monkeypatch) -> None:
    data = ls.load("marketplace(problem='interactions', users=60, items=100)")
    shown, clicked = [], []
    plain = Shop.clicks

    def clicks(self, ids, rng):
        found = plain(self, ids, rng)
        before = self.start if not clicked else clicked[-1]
        clicked.append(before.then(found))
        shown.append((ids, before))
        return found

    monkeypatch.setattr(Shop, "clicks", clicks)
    task = f"feedback_loop(rounds=3, k=5, depth=20, repeats={repeats})"
    ls.fit(data, task=task, features="ids", model="most_popular")
    again = 0
    for ids, before in shown:
        counts = before.counts(60, int(max(ids.max(), before.item.max())) + 1)
        again += counts[np.repeat(np.arange(60), 5), ids.ravel()].sum()
    assert len(shown) == 3
    assert (again > 0) == repeats


@pytest.mark.parametrize("name", ["marketplace", "marketplace(problem='purchase', users=50)"])
def test_a_world_without_known_tastes_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="give it the data set marketplace"):
        build("task", "feedback_loop").pose(ls.load(name))
    with pytest.raises(InputError, match="depth of at least k"):
        build("task", "feedback_loop(depth=5)")


def test_a_remedy_that_needs_vectors_is_not_applicable() -> None:
    data = ls.load("marketplace(problem='interactions', users=60, items=100)")
    with pytest.raises(NotApplicable, match="vectors"):
        ls.fit(
            data,
            task="feedback_loop(rounds=1)",
            features="ids",
            model="most_popular",
            strategy="Mmr",
        )


def test_a_suite_runs_and_compares_over_seeds(tmp_path) -> None:
    suite = {
        "name": "loop",
        "datasets": ["marketplace(problem='interactions', users=60, items=100)"],
        "task": {"feedback_loop": {"rounds": 2, "k": 5, "depth": 20}},
        "seeds": 3,
        "features": ["ids"],
        "models": ["most_popular"],
        "strategies": ["none", "EpsilonGreedy(epsilon=0.3, k=5)"],
    }
    from longshelf.cache import Cache
    from longshelf.experiment.executor import LocalExecutor

    results = ls.run(
        suite, folder=str(tmp_path / "run"), cache=Cache(tmp_path / "cache"),
        executor=LocalExecutor(workers=1),
    )  # fmt: skip
    assert set(results.cells["status"]) == {"done"}
    compared = results.comparisons.filter(
        pl.col("strategy") != "none", metric="coverage@5", slice_axis="all"
    )
    assert compared["seeds"].item() == 3
    assert compared["difference"].item() > 0
    assert compared["low"].item() < compared["difference"].item() < compared["high"].item()
    last = results.comparisons.filter(metric="gini@5", slice_axis="round", slice="02")
    assert last.height == results.comparisons.filter(metric="gini@5", slice_axis="all").height


def test_seconds_are_those_of_every_round_and_not_of_the_fits_alone(tmp_path, monkeypatch) -> None:
    from longshelf.cache import Cache
    from longshelf.experiment.executor import LocalExecutor
    from longshelf.tasks import Rank

    listed, rounds, pause = Rank.conclude, 3, 0.2

    def slow(self, *given):
        time.sleep(pause)
        return listed(self, *given)

    monkeypatch.setattr(Rank, "conclude", slow)
    suite = {
        "name": "loop",
        "datasets": ["marketplace(problem='interactions', users=60, items=100)"],
        "task": {"feedback_loop": {"rounds": rounds, "k": 5, "depth": 20}},
        "seeds": 1,
        "features": ["ids"],
        "models": ["most_popular"],
        "strategies": ["none"],
        "rivals": False,
    }
    started = time.perf_counter()
    executor = LocalExecutor(workers=1, threads=1)
    results = ls.run(suite, folder=str(tmp_path / "run"), cache=Cache(tmp_path), executor=executor)
    whole = time.perf_counter() - started
    seconds, fits = results.cells.select("seconds", "fit_seconds").row(0)
    assert rounds * pause <= seconds - fits
    assert 0 < fits < seconds <= whole


def _context(items: int, history) -> Context:
    targets = Targets(names=np.arange(items).astype(str), kind="item", natural=np.ones(items))
    return Context(targets=targets, slices=cut(targets.natural), history=history)


def test_epsilon_greedy_explores_its_share_and_repeats_nothing() -> None:
    import scipy.sparse as sp

    users, items, k = 500, 400, 20
    rng = np.random.default_rng(0)
    ids = rng.random((users, items)).argsort(axis=1)[:, :50]
    history = sp.csr_matrix(
        (np.ones(users), (np.arange(users), rng.integers(items, size=users))), (users, items)
    )
    ranking = Ranking(
        sources=np.arange(users), ids=ids, scores=np.tile(-np.arange(50.0), (users, 1))
    )
    found = EpsilonGreedy(epsilon=0.2).rerank(ranking, _context(items, history)).ids
    assert found.shape == (users, k)
    changed = (found != ids[:, :k]).mean()
    assert changed == pytest.approx(0.2 * (1 - k / items), abs=0.015)
    assert all(len(set(row)) == k for row in found.tolist())
    at = found != ids[:, :k]
    row = np.nonzero(at)[0]
    assert history[row, found[at]].sum() == 0
    same = EpsilonGreedy(epsilon=0.2).rerank(ranking, _context(items, history)).ids
    assert (same == found).all()
    assert (
        EpsilonGreedy(epsilon=0.0).rerank(ranking, _context(items, history)).ids == ids[:, :k]
    ).all()
