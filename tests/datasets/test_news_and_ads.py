"""The simulator's feed of articles and its ads against what they were told to be."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from longshelf.datasets import Marketplace
from longshelf.datasets.marketplace.ads import Ads, make_ads
from longshelf.datasets.marketplace.news import HEADLINES, HOURS, make_news
from longshelf.errors import InputError
from longshelf.tables import Dataset


@pytest.fixture(scope="module")
def feed() -> Dataset:
    return Marketplace(problem="news", users=3000, items=1500, life=10.0, seed=2).load()


@pytest.fixture(scope="module")
def ads() -> Dataset:
    return Marketplace(problem="ads", users=4000, items=500, seed=2).load()


def test_articles_are_read_between_birth_and_death(feed: Dataset) -> None:
    assert feed.targets is not None
    at = feed.rows.join(feed.targets, on="item", how="left")
    hour = pl.duration(hours=1)
    assert (at["time"] >= at["born"]).all()
    assert at.select((pl.col("time") <= pl.col("dies") + hour).all()).item()
    assert (
        feed.targets["dies"] - feed.targets["born"]
    ).unique().item().total_seconds() == 50 * 3600
    assert feed.targets["item"].n_unique() == feed.targets.height == 1500
    assert feed.schema.user == "user"
    assert feed.schema.time == "time"


def test_attention_halves_with_each_half_life() -> None:
    shop = Marketplace(problem="news", users=10, items=200, life=12.0)
    news, _ = make_news(shop.behaviour, "en", np.random.default_rng(0), life=12.0, bursts=0.0)
    article = int(np.argmin(news.born))
    birth = int(news.born[article])
    popular = shop.catalogue.popularity

    def worth(second: int) -> float:
        """Against an article born earlier or at the same time, in absolute terms."""
        age = second - news.born
        alive = (age >= 0) & (second <= news.dies)
        total = (popular * alive * 0.5 ** (np.maximum(age, 0) / 43_200)).sum()
        return float(news.attention(second)[article] * total / popular[article])

    assert worth(birth) == pytest.approx(1.0)
    assert worth(birth + 12 * 3600) == pytest.approx(0.5)
    assert news.attention(birth + 61 * 3600)[article] == 0
    assert news.attention(birth + 3600).sum() == pytest.approx(1.0)


def test_bursts_make_births_cluster() -> None:
    shop = Marketplace(users=10, items=4000, imbalance=1)

    def crowding(bursts: float) -> float:
        """Variance of births per topic and day over their mean, 1 for a steady stream."""
        news, _ = make_news(
            shop.behaviour, "en", np.random.default_rng(1), life=10.0, bursts=bursts
        )
        day = news.born // 86_400
        table = np.zeros((40, HOURS // 24))
        np.add.at(table, (shop.catalogue.category, day), 1)
        return float(table.var() / table.mean())

    assert crowding(0.0) == pytest.approx(1.0, abs=0.12)
    assert crowding(3.0) > 2.0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_headlines_hold_the_product(language: str) -> None:
    shop = Marketplace(problem="news", users=50, items=200, language=language)
    data = shop.load()
    assert data.targets is not None
    pairs = zip(data.targets["text"], shop.catalogue.frame["title"], strict=True)
    assert all(title in text and len(text) > len(title) for text, title in pairs)
    assert len(HEADLINES["en"]) == len(HEADLINES["zh"])


def test_clicks_come_with_their_probabilities(ads: Dataset) -> None:
    p = ads.rows["true_click"].to_numpy()
    clicked = (ads.rows["click"] == "yes").to_numpy()
    assert clicked.sum() == pytest.approx(p.sum(), abs=4 * np.sqrt((p * (1 - p)).sum()))
    assert 0.005 < p.mean() < 0.06
    first = (ads.rows["slot"] == "1").to_numpy()
    assert p[first].mean() > p[~first].mean()


def test_propensities_of_slots_are_those_of_plackett_and_luce() -> None:
    """Three candidates of worth 1, 2 and 5, worked by hand."""
    shop = Marketplace(users=10, items=200)
    bid = np.ones(200)
    bid[:3] = [1.0, 2.0, 5.0]
    auction = Ads(shop.behaviour, bid, np.ones(200), slots=2)
    pages = 40_000
    page, item = np.repeat(np.arange(pages), 3), np.tile([0, 1, 2], pages)
    on, slot, won, chance = auction._auction(page, item, pages, np.random.default_rng(0))
    assert (np.bincount(on) == 2).all()
    table = {(0,): 1 / 8, (1,): 2 / 8, (2,): 5 / 8, (2, 1): 2 / 3, (1, 2): 5 / 6, (2, 0): 1 / 3}
    first, second = won[slot == 0], won[slot == 1]
    for who, wanted in table.items():
        if len(who) == 1:
            assert (first == who[0]).mean() == pytest.approx(wanted, abs=0.01)
            assert np.allclose(chance[slot == 0][first == who[0]], wanted)
        else:
            after = second[first == who[0]]
            assert (after == who[1]).mean() == pytest.approx(wanted, abs=0.015)
            given = chance[slot == 1][(first == who[0]) & (second == who[1])]
            assert np.allclose(given, wanted)


def test_inverse_propensity_counts_the_candidates(ads: Dataset) -> None:
    first = ads.rows.filter(pl.col("slot") == "1")
    per_page = (1 / first["propensity"]).mean()
    assert 5 < per_page < 10


def test_slots_bound_a_page_and_show_nothing_twice(ads: Dataset) -> None:
    assert ads.rows.group_by("page").len()["len"].max() == 3
    assert ads.rows.select("page", "item").is_duplicated().sum() == 0
    assert set(ads.rows["slot"]) == {"1", "2", "3"}


def test_equal_dials_give_equal_bytes(ads: Dataset, feed: Dataset) -> None:
    again = Marketplace(problem="ads", users=4000, items=500, seed=2).load()
    assert again.fingerprint == ads.fingerprint
    assert (
        Marketplace(problem="news", users=3000, items=1500, life=10.0, seed=2).load().fingerprint
        == feed.fingerprint
    )
    assert make_ads(Marketplace().behaviour, np.random.default_rng(0), slots=1).slots == 1


@pytest.mark.parametrize("dial", ["life=0.1", "slots=11", "bursts=-1"])
def test_dials_have_bounds(dial: str) -> None:
    name, value = dial.split("=")
    with pytest.raises(InputError, match=f"{name} is"):
        Marketplace(problem="news", **{name: float(value)})
