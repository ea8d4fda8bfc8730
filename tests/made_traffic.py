"""Events of a small simulated shop, for tests of trials and of monitoring."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from longshelf.datasets import Marketplace
from longshelf.monitoring import Traffic, catalogue_of
from longshelf.simulation import Shop
from longshelf.trials import Trial

HOUR = 3600.0
TRIAL = Trial(name="ranker", arms=("plain", "remedied"))


@cache
def shop() -> Shop:
    return Shop.of(Marketplace(problem="interactions", users=1500, items=200, seed=3), 6)


def lists(mixed: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The most clicked items, and the best there are."""
    here = shop()
    popular = np.argsort(-np.bincount(here.start.item, minlength=200), kind="stable")[:6]
    plain = np.tile(popular, (len(here), 1))
    return (here.best(), here.best()) if mixed else (plain, here.best())


def traffic(**dials) -> Traffic:
    return Traffic(shop=shop(), **({"lists": lists(), "trial": TRIAL} | dials))


@cache
def quiet(hours: int = 12, visits: int = 120, seed: int = 0) -> pl.DataFrame:
    return traffic().draw(visits * hours, hours * HOUR, np.random.default_rng(seed))


@cache
def catalogue() -> pl.DataFrame:
    return catalogue_of(shop())
