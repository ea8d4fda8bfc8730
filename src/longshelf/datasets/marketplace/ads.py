"""Ads in slots: who may be shown is drawn, who is shown bids for it, with a known probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from longshelf.datasets.marketplace.behaviour import (
    GROUPS,
    RESERVE,
    SLATE,
    YEAR,
    Behaviour,
    examination,
    sigmoid,
)
from longshelf.tables import FloatArray, IntArray

__all__ = ["Ads", "make_ads"]

UNWANTED = 3.0
"""Log-odds an ad loses against the same item asked for."""


@dataclass(frozen=True)
class Ads:
    """Advertisers' bids for the slots of a page.

    Parameters
    ----------
    behaviour : Behaviour
        Users, and the items advertised.
    bid : (n,) float array
        What each ad pays for a click.
    guess : (n,) float array
        Click probability the auction takes for granted, the same for every user.
    slots : int
        Ads on a page.
    """

    behaviour: Behaviour
    bid: FloatArray
    guess: FloatArray
    slots: int

    def impressions(self, users: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        """One row per ad shown on the pages of these users, with the truth of its click.

        Ten candidates, fewer where one is drawn twice, are ordered by bid times guess under noise
        (Plackett and Luce), so ``propensity``, the probability that this ad takes this slot given
        the candidates and the slots above, is exact.
        """
        pages = 1 + rng.poisson(np.maximum(users["activity"].to_numpy() - 1, 0))
        who = np.repeat(np.arange(users.height), pages)
        loved = users["favourite"].to_numpy()[who]
        moment = rng.integers(0, 366 * 86_400, len(who))
        page, _, item, _ = self.behaviour.slates(self.behaviour.focus(loved, rng), rng)
        page, slot, item, propensity = self._auction(page, item, len(who), rng)
        group = (users["group"] == GROUPS[1]).to_numpy().astype(np.int64)[who[page]]
        quarter = moment[page] // (86_400 * 92) % 4
        season = self.behaviour.catalogue.season[item] == quarter
        wish = self.behaviour.wish(item, group, loved[page], season)
        looked = examination(self.behaviour.decay, self.slots)[slot]
        appeal = sigmoid(wish - RESERVE - UNWANTED)
        click = looked * appeal
        return pl.DataFrame(
            {
                "user": users["user"].to_numpy()[who[page]],
                "page": int(users["user"][0]) * 1000 + page,
                "time": YEAR + moment[page].astype("timedelta64[s]"),
                "group": users["group"].to_numpy()[who[page]],
                "item": item,
                "slot": (slot + 1).astype(np.int8),
                "bid": self.bid[item].round(3),
                "propensity": propensity,
                "click": rng.random(len(item)) < click,
                "true_click": click,
                "true_appeal": appeal,
            }
        )

    def _auction(
        self, page: IntArray, item: IntArray, pages: int, rng: np.random.Generator
    ) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
        """Page, slot from 0, item and propensity of the ads that won one."""
        place = np.arange(len(page)) - np.searchsorted(page, page)
        ads = np.full((pages, SLATE), -1)
        ads[page, place] = item
        there = ads >= 0
        worth = np.where(there, self.bid[ads] * self.guess[ads], 0.0)
        noisy = np.where(there, np.log(np.where(there, worth, 1.0)), -np.inf)
        order = np.argsort(-(noisy + rng.gumbel(size=ads.shape)), axis=1, kind="stable")
        ads, worth = (np.take_along_axis(x, order, axis=1) for x in (ads, worth))
        left = np.cumsum(worth[:, ::-1], axis=1)[:, ::-1]
        chance = np.divide(worth, left, out=np.zeros_like(worth), where=left > 0)[:, : self.slots]
        ads = ads[:, : self.slots]
        on, slot = np.nonzero(ads >= 0)
        return on, slot, ads[on, slot], chance[on, slot]


def make_ads(behaviour: Behaviour, rng: np.random.Generator, *, slots: int) -> Ads:
    """Draw bids, log-normal by advertiser and ad, and what the auction guesses of each ad."""
    brands, brand = np.unique(
        behaviour.catalogue.frame["brand"].to_numpy().astype(str), return_inverse=True
    )
    level = rng.normal(0.0, 0.6, len(brands))
    bid = np.exp(level[brand] + rng.normal(0.0, 0.4, len(brand)))
    guess = sigmoid(behaviour.appeal + rng.normal(0.0, 0.5, len(brand)) - RESERVE - UNWANTED)
    return Ads(behaviour, bid, guess, slots)
