"""Rounds of listing, clicking and learning again, and what each of them was worth in truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from longshelf.metrics.loop import LoopMetric, Round
from longshelf.simulation.shop import Log, Shop
from longshelf.tables import FloatArray, IntArray

__all__ = ["Course", "Recommender", "play"]

Recommender = Callable[[Log, int], IntArray]
"""From all clicks so far and the number of the round to one list per user; (U, k)."""


@dataclass(frozen=True)
class Course:
    """What every round was worth.

    Parameters
    ----------
    values : (R, M, G) float array
        R rounds, M metrics, G groups of users, the first being everybody; NaN where a metric is
        not cut by group.
    clicks : (R,) int array
        Clicks that each round added to the log.
    """

    values: FloatArray
    clicks: IntArray


def play(
    shop: Shop,
    recommend: Recommender,
    metrics: tuple[LoopMetric, ...],
    rounds: int,
    rng: np.random.Generator,
) -> Course:
    """Let a recommender list, be clicked, and learn from it, again and again.

    Lists are judged by the probabilities they were clicked with; a round's own clicks only tell
    which items still earn any, and no recommender has learned from them yet.

    Parameters
    ----------
    shop : Shop
        Who clicks, and the log it starts with.
    recommend : callable
        Called once per round with everything clicked before.
    metrics : tuple of LoopMetric
        What to measure in every round.
    rounds : int
        How often.
    rng : numpy.random.Generator
        Draws the clicks.

    Examples
    --------
    >>> from longshelf.datasets import Marketplace
    >>> from longshelf.metrics.loop import WelfareShare
    >>> shop = Shop.of(Marketplace(users=50, items=200), k=5)
    >>> course = play(shop, lambda log, round: shop.best(), (WelfareShare(k=5),), 3,
    ...               np.random.default_rng(0))
    >>> course.values[:, 0, 0].tolist()
    [1.0, 1.0, 1.0]
    """
    log, values, added = shop.start, [], []
    attainable = shop.welfare(shop.best())
    for number in range(1, rounds + 1):
        ids = recommend(log, number)
        clicks = shop.clicks(ids, rng)
        seen = Round(
            ids=ids, chance=shop.chance(ids), attainable=attainable, clicked=clicks.item,
            tail=shop.tail,
        )  # fmt: skip
        values.append([_by_group(metric, seen, shop.group) for metric in metrics])
        added.append(len(clicks))
        log = log.then(clicks)
    return Course(np.array(values, dtype=float), np.array(added))


def _by_group(metric: LoopMetric, seen: Round, group: IntArray) -> list[float]:
    """The value for everybody, then for each group of users."""
    whole = metric.of(seen)
    if not metric.grouped:
        return [whole, np.nan, np.nan]
    parts = [metric.of(seen.take(group == g)) if (group == g).any() else np.nan for g in (0, 1)]
    return [whole, *parts]
