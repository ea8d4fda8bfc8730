"""The few numbers per window that alerts watch, each beside what chance alone would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import log10

import polars as pl

from longshelf.monitoring.alerts import Rule
from longshelf.monitoring.drift import Drift, drift_of, popularity, words
from longshelf.trials import check_sample_ratio, difference, ratio_of

__all__ = ["RULES", "Inputs", "by_user", "signals"]

FEWEST = 30
CHANCE = 0.001
INPUTS = ("category", "price", "words")

RULES = (
    Rule(signal="click rate falls", above=3.0, below=1.5,
         meaning="standard errors below the reference, users as units"),
    Rule(signal="tail click rate falls", above=3.0, below=1.5,
         meaning="the same on exposures of tail items"),
    Rule(signal="tail exposure moves", above=3.0, below=1.5,
         meaning="standard errors between the tail's share of exposures and the reference"),
    Rule(signal="calibration moves", above=3.0, below=1.5,
         meaning="standard errors between clicks less predicted clicks and the reference"),
    *(Rule(signal=f"{name} drifts", above=0.2, below=0.1,
           meaning="stability index beyond chance; 0 where the test finds nothing")
      for name in INPUTS),
    Rule(signal="new items", above=0.3, below=0.2,
         meaning="share of exposures of items the reference never showed"),
    Rule(signal="sample ratio", above=3.0, below=2.0, windows=1,
         meaning="-log10 p of the trial's users per arm so far"),
)  # fmt: skip
"""What is watched unless the user says otherwise."""


def by_user(events: pl.DataFrame) -> pl.DataFrame:
    """What each user was shown, clicked and was predicted to click; one row a user."""
    shown, clicked = pl.col("kind") == "impression", pl.col("kind") == "click"
    tail, score = pl.col("slice") == "tail", pl.col("score").fill_nan(None)
    return events.group_by("user", maintain_order=True).agg(
        shown.sum().alias("shown"),
        clicked.sum().alias("clicks"),
        (shown & tail).sum().alias("tail shown"),
        (clicked & tail).sum().alias("tail clicks"),
        (shown & score.is_not_null()).sum().alias("scored"),
        (clicked & score.is_not_null()).sum().cast(pl.Float64).alias("scored clicks")
        - score.filter(shown).sum().alias("promised"),
    )


def _apart(now: pl.DataFrame, before: pl.DataFrame, top: str, bottom: str) -> float | None:
    """Standard errors by which a ratio per user lies above the reference."""
    if min(now.height, before.height) < FEWEST or not (now[bottom].sum() and before[bottom].sum()):
        return None
    sides = [
        ratio_of(*(part[name].to_numpy().astype(float) for name in (top, bottom)))
        for part in (now, before)
    ]
    effect = difference(*sides)
    return effect.value / effect.se if effect.se > 0 else None


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Category, price and words of what was shown, the reference's kept at hand.

    Parameters
    ----------
    catalogue : polars.DataFrame or None
        ``item`` and whichever of ``category``, ``price`` and ``title`` there are.
    before : polars.DataFrame
        Events of the reference.
    """

    catalogue: pl.DataFrame | None
    before: pl.DataFrame

    @cached_property
    def _columns(self) -> pl.DataFrame | None:
        if self.catalogue is None:
            return None
        table = self.catalogue
        if "title" in table.columns:
            table = table.with_columns(words=words(table["title"]))
        return table.select("item", *(name for name in INPUTS if name in table.columns))

    @cached_property
    def _reference(self) -> dict[str, pl.Series]:
        return self._shown(self.before)

    def _shown(self, events: pl.DataFrame) -> dict[str, pl.Series]:
        if self._columns is None:
            return {}
        shown = events.filter(pl.col("kind") == "impression").select("item")
        table = shown.join(self._columns, on="item", how="left")
        return {
            name: (table[name].explode() if name == "words" else table[name]).drop_nulls()
            for name in table.columns[1:]
        }

    def drifts(self, now: pl.DataFrame) -> dict[str, Drift]:
        """Each input of a window beside the reference."""
        found = {
            name: drift_of(name, self._reference[name], seen)
            for name, seen in self._shown(now).items()
        }
        return {name: drift for name, drift in found.items() if drift is not None}


def signals(
    now: pl.DataFrame,
    before: pl.DataFrame,
    users_before: pl.DataFrame,
    found: Mapping[str, Drift],
    probabilities: bool,
    trial: pl.DataFrame,
) -> dict[str, float | None]:
    """Every signal of one window; None where there is too little to say.

    Parameters
    ----------
    now, before : polars.DataFrame
        Events of the window and of the reference.
    users_before : polars.DataFrame
        :func:`by_user` of the reference.
    found : mapping of str to Drift
        From :meth:`Inputs.drifts`.
    probabilities : bool
        Whether scores are probabilities.
    trial : polars.DataFrame
        Users of the trials up to the window's end: ``trial``, ``arm``, ``user``, ``propensity``.
    """
    users = by_user(now)
    rate = _apart(users, users_before, "clicks", "shown")
    tail = _apart(users, users_before, "tail clicks", "tail shown")
    share = _apart(users, users_before, "tail shown", "shown")
    off = _apart(users, users_before, "scored clicks", "scored") if probabilities else None
    answers = [part["request"].n_unique() for part in (before, now)]
    items = [part.filter(pl.col("kind") == "impression")["item"] for part in (before, now)]
    return {
        "click rate falls": None if rate is None else -rate,
        "tail click rate falls": None if tail is None else -tail,
        "tail exposure moves": None if share is None else abs(share),
        "calibration moves": None if off is None else abs(off),
        **{
            f"{name} drifts": drift.excess(*answers) if drift.p < CHANCE else 0.0
            for name, drift in found.items()
        },
        "new items": popularity(*items)[1] if len(items[1]) else None,
        "sample ratio": _mismatch(trial),
    }


def _mismatch(trial: pl.DataFrame) -> float | None:
    """-log10 p of the worst trial; None without trials of fixed shares."""
    worst = None
    for _, part in trial.group_by("trial"):
        alone = part.filter(pl.col("arm").n_unique().over("user") == 1).unique(["user"])
        arms = alone.group_by("arm").agg(n=pl.len(), share=pl.col("propensity").mean()).sort("arm")
        spans = part.group_by("arm").agg(pl.col("propensity").max() - pl.col("propensity").min())
        if arms.height < 2 or arms["share"].is_nan().any() or spans["propensity"].max() > 1e-6:  # type: ignore[operator]
            continue
        counts = dict(zip(arms["arm"].to_list(), arms["n"].to_list(), strict=True))
        p = check_sample_ratio(counts, arms["share"].to_list()).p
        worst = max(worst or 0.0, -log10(max(p, 1e-300)))
    return worst
