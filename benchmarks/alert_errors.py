"""How often alerts are raised over a shop in which nothing changes, and how soon where something does.

    python benchmarks/alert_errors.py --runs 50

Traffic of the simulated shop, 250 visits an hour for three days under an A/B test, the first day
being the reference. Then the same with 30% fewer clicks from the middle of the second day on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from longshelf.datasets import Marketplace
from longshelf.monitoring import RULES, Traffic, catalogue_of, observe
from longshelf.simulation import Shop
from longshelf.trials import Trial

HOUR, VISITS, SEED = 3600.0, 250, 7


@cache
def shop() -> Shop:
    """Users and items."""
    return Shop.of(Marketplace(problem="interactions", users=2000, items=300, seed=3), 10)


def traffic(run: int) -> Traffic:
    """The most clicked items against the best there are, in equal shares."""
    here = shop()
    popular = np.argsort(-np.bincount(here.start.item, minlength=300), kind="stable")[:10]
    return Traffic(
        shop=here,
        lists=(np.tile(popular, (len(here), 1)), here.best()),
        trial=Trial(name=f"run {run}", arms=("plain", "remedied")),
    )


def quiet(runs: int, hours: int = 72) -> dict[str, Any]:
    """Alerts raised where nothing changes, by signal, and in how many windows that could."""
    raised = dict.fromkeys((rule.signal for rule in RULES), 0)
    for run in range(runs):
        rng = np.random.default_rng([SEED, 0, run])
        events = traffic(run).draw(VISITS * hours, hours * HOUR, rng)
        for change in observe(events, catalogue=catalogue_of(shop())).alerts.changes:
            raised[change.signal] += change.raised
    windows = runs * (hours - 24)
    return {"runs": runs, "windows": windows, "raised": raised,
            "per signal and window": sum(raised.values()) / windows / len(RULES)}  # fmt: skip


def colder(runs: int, hours: int = 60, change: int = 36) -> dict[str, Any]:
    """Windows from a fall of 30% in clicks to the alert that says so; those never raised."""
    took = []
    for run in range(runs):
        rng = np.random.default_rng([SEED, 1, run])
        warm = traffic(run)
        before = warm.draw(VISITS * change, change * HOUR, rng)
        after = replace(warm, warmth=0.7).draw(
            VISITS * (hours - change), (hours - change) * HOUR, rng, start=change * HOUR
        )
        changes = observe(pl.concat([before, after])).alerts.changes
        took += [c.window / HOUR - change + 1 for c in changes if c.signal == "click rate falls"][
            :1
        ]
    return {"runs": runs, "raised": len(took), "median windows": float(np.median(took or [np.nan]))}


def main(given: Sequence[str] | None = None) -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=50)
    said = parser.parse_args(given)
    print(
        json.dumps({"quiet": quiet(said.runs), "colder": colder(max(said.runs // 5, 1))}, indent=2)
    )


if __name__ == "__main__":
    main()
