"""Traffic of the simulated shop as the service would have logged it: the truth to try a monitor on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.simulation import Shop
from longshelf.slices import cut
from longshelf.tables import FloatArray, IntArray
from longshelf.trials import COLUMNS, Trial

__all__ = ["Traffic", "catalogue_of"]

NAMES = np.array(["head", "torso", "tail"])


def catalogue_of(shop: Shop) -> pl.DataFrame:
    """The shop's items as an artifact's catalogue lists them; the row is the item's number."""
    counts = np.bincount(shop.start.item, minlength=shop.items.height)
    frame = shop.items
    return pl.DataFrame(
        {
            "item": [f"i{number}" for number in range(frame.height)],
            "title": frame["title"],
            "category": frame["category"],
            "price": frame["price"],
            "count": counts,
            "slice": NAMES[cut(counts.astype(float)).of],
        }
    )


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Visits to a simulated shop.

    Parameters
    ----------
    shop : Shop
        Users of known taste.
    lists : tuple of (U, k) int arrays
        What each arm shows each user.
    trial : Trial or None
        Who sees which; None is the first list for everybody.
    warmth : float, default 1.0
        Every probability of a click times this: under 1 the shop goes cold.
    boast : float, default 1.0
        Logged scores are the true probabilities times this.
    """

    shop: Shop
    lists: tuple[IntArray, ...]
    trial: Trial | None = None
    warmth: float = 1.0
    boast: float = 1.0

    def __post_init__(self) -> None:
        arms = 1 if self.trial is None else len(self.trial.arms)
        if arms != len(self.lists):
            raise InputError(f"{arms} arms need as many lists, got {len(self.lists)}")

    def draw(
        self, visits: int, seconds: float, rng: np.random.Generator, start: float = 0.0
    ) -> pl.DataFrame:
        """Events of so many visits spread evenly over a time.

        Parameters
        ----------
        visits : int
            Answers given.
        seconds : float
            Over how long.
        rng : numpy.random.Generator
            Who comes when, and what is clicked.
        start : float, default 0.0
            Seconds UTC of the beginning.
        """
        who = rng.integers(0, len(self.shop), visits)
        moment = np.sort(start + rng.random(visits) * seconds)
        trial = self.trial
        arm = np.zeros(visits, dtype=np.int64)
        if trial is not None:
            of = np.array(
                [trial.arms.index(trial.arm_of(f"u{user}")) for user in range(len(self.shop))]
            )
            arm = of[who]
        ids = np.stack(list(self.lists))[arm, who]
        truth = self.shop.attraction[self.shop.kind[who][:, None], ids] * self.shop.looked
        clicked = rng.random(ids.shape) < np.minimum(truth * self.warmth, 1.0)
        shown = self._rows(who, moment, arm, ids, np.minimum(truth * self.boast, 1.0), rng)
        acts = shown.filter(pl.Series(clicked.reshape(-1)))
        later = pl.Series(rng.random(acts.height) * 30)
        clicks = acts.with_columns(
            pl.lit("click").alias("kind"),
            pl.col("time") + later,
            pl.format("{}c", "event").alias("event"),
        )
        bought = clicks.filter(pl.Series(rng.random(clicks.height) < 0.1)).with_columns(
            pl.lit("purchase").alias("kind"),
            pl.col("time") + 60,
            pl.format("{}b", "event").alias("event"),
        )
        return pl.concat([shown, clicks, bought]).sort("time", maintain_order=True)

    def _rows(
        self,
        who: IntArray,
        moment: FloatArray,
        arm: IntArray,
        ids: IntArray,
        score: FloatArray,
        rng: np.random.Generator,
    ) -> pl.DataFrame:
        visits, k = ids.shape
        of = catalogue_of(self.shop)
        key = f"{rng.integers(2**62):x}"
        each = np.repeat(np.arange(visits), k)
        place = np.tile(np.arange(1, k + 1), visits)
        trial = self.trial
        arms = np.array(trial.arms if trial else ("",))[arm][each]
        shares = np.array(trial.shares if trial else (float("nan"),))[arm][each]
        return pl.DataFrame(
            {
                "event": [f"{key}-{row}" for row in range(visits * k)],
                "time": moment[each],
                "kind": "impression",
                "request": [f"{key}-r{visit}" for visit in each],
                "user": [f"u{user}" for user in who[each]],
                "item": of["item"].gather(ids.reshape(-1)),
                "position": place,
                "slice": of["slice"].gather(ids.reshape(-1)),
                "trial": trial.name if trial else "",
                "arm": arms,
                "propensity": shares,
                "score": score.reshape(-1),
                "surface": "recommend",
                "group": np.array(["majority", "minority"])[self.shop.group[who]][each],
            },
            schema_overrides=COLUMNS,
        )
