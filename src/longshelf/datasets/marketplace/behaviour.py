"""Users and sessions of the simulated shop, with the probabilities everything was drawn from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.datasets.marketplace.catalogue import Catalogue
from longshelf.tables import FloatArray, IntArray

__all__ = ["GROUPS", "RESERVE", "SLATE", "Behaviour", "examination", "make_behaviour", "sigmoid"]

GROUPS = ("majority", "minority")
SLATE = 10
SESSIONS = 3.0
FOCUS = 0.7
RESERVE = 1.8
"""Log-odds an item has to overcome to be clicked."""
YEAR = np.datetime64("2024-01-01T00:00:00", "us")


def examination(decay: float, places: int = SLATE) -> FloatArray:
    """Probability that each place of a list is looked at, the first being 1; (places,).

    Examples
    --------
    >>> examination(1.0)[:3].round(2).tolist()
    [1.0, 0.5, 0.33]
    """
    return np.arange(1, places + 1, dtype=float) ** -decay


@dataclass(frozen=True)
class Behaviour:
    """How users choose; fixed once, then any number of users is drawn from it.

    Parameters
    ----------
    catalogue : Catalogue
        What can be shown.
    taste : (2, C) float array
        Log-odds each group adds for a class.
    price_sense : (2,) float array
        Log-odds a group loses per standard deviation of log price.
    appeal : (n,) float array
        Log-odds of each item by itself.
    group_share : float
        Probability that a user belongs to the minority.
    decay : float
        Exponent of the examination curve.
    order : (n,) int array
        Items sorted by class, for drawing within a class.
    upper : (n,) float array
        Running popularity along ``order``.
    bounds : (C + 1,) int array
        Where each class starts in ``order``.
    """

    catalogue: Catalogue
    taste: FloatArray
    price_sense: FloatArray
    appeal: FloatArray
    group_share: float
    decay: float
    order: IntArray
    upper: FloatArray
    bounds: IntArray

    def users(self, first: int, count: int, rng: np.random.Generator) -> pl.DataFrame:
        """Users with their group, favourite class and activity (mean sessions a year)."""
        group = (rng.random(count) < self.group_share).astype(np.int64)
        mass = np.diff(np.concatenate([[0.0], self.upper])[self.bounds])
        wish = mass * np.exp(self.taste)
        cumulative = np.cumsum(wish / wish.sum(axis=1, keepdims=True), axis=1)
        favourite = (rng.random(count)[:, None] > cumulative[group]).sum(axis=1)
        return pl.DataFrame(
            {
                "user": np.arange(first, first + count),
                "group": np.array(GROUPS)[group],
                "favourite": np.minimum(favourite, len(mass) - 1),
                "activity": rng.gamma(1.5, SESSIONS / 1.5, count),
            }
        )

    def impressions(self, users: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        """Sessions of these users: one row per shown item, with outcomes and their truth.

        A slot that would repeat an item of its slate stays empty, so ``propensity``, the
        probability that this session first shows this item at this position, is exact.
        """
        sessions = 1 + rng.poisson(np.maximum(users["activity"].to_numpy() - 1, 0))
        total = int(sessions.sum())
        focus = self.focus(np.repeat(users["favourite"].to_numpy(), sessions), rng)
        moment = rng.integers(0, 366 * 86_400, total)
        session, position, item, propensity = self.slates(focus, rng)
        who = np.repeat(np.arange(users.height), sessions)[session]
        moment = moment[session]
        group = (users["group"] == GROUPS[1]).to_numpy().astype(np.int64)[who]
        loved = users["favourite"].to_numpy()[who]
        click, cart, buy = self._truth(item, group, loved, moment, position)
        clicked = rng.random(len(item)) < click
        carted = clicked & (rng.random(len(item)) < cart)
        bought = carted & (rng.random(len(item)) < buy)
        return pl.DataFrame(
            {
                "user": users["user"].to_numpy()[who],
                "session": int(users["user"][0]) * 1000 + session,
                "time": YEAR + moment.astype("timedelta64[s]"),
                "group": users["group"].to_numpy()[who],
                "item": item,
                "position": position.astype(np.int8),
                "price": self.catalogue.frame["price"].to_numpy()[item],
                "propensity": propensity,
                "click": clicked,
                "cart": carted,
                "purchase": bought,
                "true_click": click,
                "true_purchase": click * cart * buy,
            }
        )

    def at(self, attention: FloatArray) -> Behaviour:
        """The same users when items get other shares of attention, some perhaps none; (n,)."""
        catalogue = replace(self.catalogue, popularity=attention)
        return replace(self, catalogue=catalogue, upper=np.cumsum(attention[self.order]))

    def slates(
        self, focus: IntArray, rng: np.random.Generator
    ) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
        """Session, position, item and propensity of every shown item, repeats left out."""
        item, chance = self._drawn(np.repeat(focus, SLATE), rng)
        slot = np.arange(len(item))
        key = slot // SLATE * len(self.order) + item
        first = np.sort(np.unique(key, return_index=True)[1])
        position = first % SLATE + 1
        propensity = chance[first] * (1 - chance[first]) ** (position - 1)
        return first // SLATE, position, item[first], propensity

    def focus(self, favourite: IntArray, rng: np.random.Generator) -> IntArray:
        """The class each session is about: its favourite half of the time, else by popularity."""
        any_item = np.searchsorted(self.upper, rng.random(len(favourite)) * self.upper[-1])
        other = self.catalogue.category[self.order[np.minimum(any_item, len(self.order) - 1)]]
        return np.where(rng.random(len(favourite)) < 0.5, favourite, other)

    def _drawn(self, focus: IntArray, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
        """An item per slot by popularity, 70% within the class in focus; and its probability."""
        edges = np.concatenate([[0.0], self.upper])
        mass = edges[self.bounds[focus + 1]] - edges[self.bounds[focus]]
        share = np.where(mass > 0, FOCUS, 0.0)
        inside = rng.random(len(focus)) < share
        low = np.where(inside, edges[self.bounds[focus]], 0.0)
        high = np.where(inside, edges[self.bounds[focus + 1]], edges[-1])
        place = np.searchsorted(self.upper, low + rng.random(len(focus)) * (high - low), "right")
        item = self.order[np.minimum(place, len(self.order) - 1)]
        popularity = self.catalogue.popularity[item] / edges[-1]
        within = self.catalogue.popularity[item] / np.where(mass > 0, mass, 1.0)
        same = self.catalogue.category[item] == focus
        return item, share * same * within + (1 - share) * popularity

    def _truth(
        self,
        item: IntArray,
        group: IntArray,
        loved: IntArray,
        moment: NDArray[np.int64],
        position: IntArray,
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """P(click), P(cart | click), P(purchase | cart) of every impression."""
        quarter = moment // (86_400 * 92) % 4
        wish = self.wish(item, group, loved, self.catalogue.season[item] == quarter)
        dear = self._dear[item]
        click = examination(self.decay)[position - 1] * sigmoid(wish - RESERVE)
        cart = sigmoid(0.6 * wish - 1.8)
        buy = sigmoid(0.4 * wish - 1.5 - 0.5 * dear)
        return click, cart, buy

    def attraction(self, group: IntArray, loved: IntArray) -> FloatArray:
        """P(click | looked at) of every item for some kinds of users, the mean over a year.

        Parameters
        ----------
        group, loved : (t,) int arrays
            Group and favourite class of each kind.

        Returns
        -------
        (t, n) float array
        """
        every = np.arange(len(self.appeal))[None, :]
        kind = group[:, None], loved[:, None]
        out, inside = (
            sigmoid(self.wish(every, *kind, np.bool_(season)) - RESERVE) for season in (0, 1)
        )
        return 0.75 * out + 0.25 * inside

    @cached_property
    def _dear(self) -> FloatArray:
        """Price of each item in standard deviations of its logarithm; (n,)."""
        price = np.log(self.catalogue.frame["price"].to_numpy())
        return np.asarray((price - price.mean()) / price.std())

    def wish(
        self, item: IntArray, group: IntArray, loved: IntArray, season: NDArray[np.bool_] | np.bool_
    ) -> FloatArray:
        """Log-odds before what every item has to overcome; of the shape the arguments share."""
        category = self.catalogue.category[item]
        return np.asarray(
            self.appeal[item]
            + self.taste[group, category]
            + 0.8 * (loved == category)
            + 0.5 * season
            - self.price_sense[group] * self._dear[item]
        )


def sigmoid(z: FloatArray) -> FloatArray:
    """Log-odds to probabilities."""
    return 1 / (1 + np.exp(-z))


def make_behaviour(
    catalogue: Catalogue, rng: np.random.Generator, *, group_share: float, decay: float
) -> Behaviour:
    """Draw tastes and appeals; the minority's tastes are the majority's turned around."""
    classes = int(catalogue.category.max()) + 1
    majority = rng.normal(0, 0.7, classes)
    taste = np.stack([majority, rng.normal(0, 0.5, classes) - 0.7 * majority])
    order = np.argsort(catalogue.category, kind="stable")
    return Behaviour(
        catalogue=catalogue,
        taste=taste,
        price_sense=np.array([0.3, 0.7]),
        appeal=rng.normal(0, 0.6, len(catalogue.category)),
        group_share=group_share,
        decay=decay,
        order=order,
        upper=np.cumsum(catalogue.popularity[order]),
        bounds=np.searchsorted(catalogue.category[order], np.arange(classes + 1)),
    )
