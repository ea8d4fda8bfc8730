"""A feed of articles with a short life: they are born in bursts of their topic, fade and die."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from longshelf.datasets.marketplace.behaviour import (
    GROUPS,
    RESERVE,
    SLATE,
    Behaviour,
    examination,
    sigmoid,
)
from longshelf.tables import FloatArray, IntArray

__all__ = ["HEADLINES", "HOURS", "LIVES", "News", "make_news"]

HOURS = 28 * 24
LIVES = 5
"""Half-lives after which an article is shown no more: 3% of its attention is left."""
HEAT = 8.0
COOLING = 30.0
START = np.datetime64("2024-03-01T00:00:00", "us")
HEADLINES = {
    "en": ("{} in the test", "Why everyone wants {}", "{}: prices fall", "Recall: {}",
           "{} sold out again", "What to know before buying {}"),
    "zh": ("{}评测", "人人都想要{}", "{}降价", "{}召回", "{}再次售罄", "购买{}前须知"),
}  # fmt: skip


@dataclass(frozen=True)
class News:
    """Articles about what the catalogue sells, and when each topic was hot.

    Parameters
    ----------
    behaviour : Behaviour
        Tastes, and the popularity articles would have if they were born together.
    born : (n,) int array
        Seconds from the first hour.
    heat : (C, 672) float array
        Attention of each topic in each hour, 1 in calm.
    life : float
        Hours in which an article loses half of its attention.
    """

    behaviour: Behaviour
    born: IntArray
    heat: FloatArray
    life: float

    @property
    def dies(self) -> IntArray:
        """When each article is shown for the last time, in seconds; (n,)."""
        return np.asarray(self.born + round(LIVES * self.life * 3600))

    def attention(self, second: int) -> FloatArray:
        """Share of attention of every article at a moment, 0 before birth and after death; (n,)."""
        age = second - self.born
        alive = (age >= 0) & (second <= self.dies)
        faded = np.exp2(-np.maximum(age, 0) / (3600 * self.life))
        hot = self.heat[self.behaviour.catalogue.category, second // 3600]
        worth = np.where(alive, self.behaviour.catalogue.popularity * faded * hot, 0.0)
        return np.asarray(worth / max(worth.sum(), 1e-300))

    def impressions(self, users: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        """What these users were shown, hour by hour: one row per article with the click's truth."""
        visits = 1 + rng.poisson(np.maximum(users["activity"].to_numpy() - 1, 0))
        who = np.repeat(np.arange(users.height), visits)
        hour = rng.integers(24, HOURS, len(who))
        parts = []
        for now in np.unique(hour):
            attention = self.attention(int(now) * 3600)
            if attention.sum() > 0:
                parts.append(self._hour(users, who[hour == now], int(now), attention, rng))
        return pl.concat(parts).sort("time", "user", "position")

    def _hour(
        self,
        users: pl.DataFrame,
        who: IntArray,
        hour: int,
        attention: FloatArray,
        rng: np.random.Generator,
    ) -> pl.DataFrame:
        """Pages opened in one hour."""
        at = self.behaviour.at(attention)
        loved = users["favourite"].to_numpy()[who]
        page, position, item, propensity = at.slates(at.focus(loved, rng), rng)
        kept = attention[item] > 0
        page, position, item, propensity = page[kept], position[kept], item[kept], propensity[kept]
        group = (users["group"] == GROUPS[1]).to_numpy().astype(np.int64)[who[page]]
        wish = self.behaviour.wish(item, group, loved[page], np.bool_(False))
        age = (3600 * hour - self.born[item]) / (3600 * self.life)
        looked = examination(self.behaviour.decay, SLATE)[position - 1]
        click = looked * sigmoid(wish - RESERVE - 0.3 * age)
        second = 3600 * hour + rng.integers(0, 3600, len(who))[page]
        return pl.DataFrame(
            {
                "user": users["user"].to_numpy()[who[page]],
                "time": START + second.astype("timedelta64[s]"),
                "group": users["group"].to_numpy()[who[page]],
                "item": item,
                "position": position.astype(np.int8),
                "age_hours": (3600 * hour - self.born[item]) / 3600,
                "propensity": propensity,
                "click": rng.random(len(item)) < click,
                "true_click": click,
            }
        )


def make_news(
    behaviour: Behaviour, language: str, rng: np.random.Generator, *, life: float, bursts: float
) -> tuple[News, pl.DataFrame]:
    """Draw bursts, births and headlines.

    Parameters
    ----------
    behaviour : Behaviour
        Of the shop the articles are about.
    language : {"en", "zh"}
        Of the headlines.
    rng : numpy.random.Generator
        Draws everything.
    life : float
        Half-life of an article's attention in hours.
    bursts : float
        Mean number of bursts of a topic in the four weeks.

    Returns
    -------
    News, polars.DataFrame
        The feed; and its articles: item, text, category, born, dies.
    """
    topics = len(behaviour.bounds) - 1
    heat = np.ones((topics, HOURS))
    for own, count in zip(heat, rng.poisson(bursts, topics), strict=True):
        for start in rng.integers(0, HOURS, count):
            after = np.arange(HOURS) - start
            own += np.where(after >= 0, HEAT * np.exp(-np.maximum(after, 0) / COOLING), 0)
    topic = behaviour.catalogue.category
    births = np.cumsum(heat / heat.sum(axis=1, keepdims=True), axis=1)
    hour = (rng.random(len(topic))[:, None] > births[topic]).sum(axis=1)
    born = 3600 * np.minimum(hour, HOURS - 1) + rng.integers(0, 3600, len(topic))
    feed = News(behaviour, born, heat, life)
    told = behaviour.catalogue.frame["title"].to_list()
    frames = rng.integers(0, len(HEADLINES[language]), len(told))
    articles = pl.DataFrame(
        {
            "item": np.arange(len(told)),
            "text": [HEADLINES[language][k].format(t) for k, t in zip(frames, told, strict=True)],
            "category": behaviour.catalogue.frame["true_category"],
            "born": START + born.astype("timedelta64[s]"),
            "dies": START + feed.dies.astype("timedelta64[s]"),
        }
    )
    return feed, articles
