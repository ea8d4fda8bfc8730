"""The few numbers per window that alerts watch, each beside what chance alone would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import log10

import polars as pl

from longshelf.monitoring.alerts import Rule
from longshelf.monitoring.drift import Drift, drift_of, popularity, words
from longshelf.monitoring.windows import shown_items
from longshelf.trials import check_sample_ratio, difference, ratio_of
from longshelf.trials.said import Said

__all__ = ["RULES", "Inputs", "Part", "signals"]

FEWEST = 30
CHANCE = 0.001
INPUTS = ("category", "price", "words")

RULES = (
    Rule(signal="click rate falls", above=3.0, below=1.5,
         meaning=Said("standard errors below the reference, users as units", "低于参考期的标准误数，以用户为单位")),
    Rule(signal="tail click rate falls", above=3.0, below=1.5,
         meaning=Said("the same on exposures of tail items", "同上，只看尾部商品的曝光")),
    Rule(signal="tail exposure moves", above=3.0, below=1.5,
         meaning=Said("standard errors between the tail's share of exposures and the reference", "尾部曝光占比与参考期相差的标准误数")),
    Rule(signal="calibration moves", above=3.0, below=1.5,
         meaning=Said("standard errors between clicks less predicted clicks and the reference", "实际减预测点击与参考期相差的标准误数")),
    *(Rule(signal=f"{name} drifts", above=0.2, below=0.1,
           meaning=Said("stability index beyond chance; 0 where the test finds nothing", "超出随机波动的稳定性指数；检验无发现时为 0"))
      for name in INPUTS),
    Rule(signal="new items", above=0.3, below=0.2,
         meaning=Said("share of exposures of items the reference never showed", "参考期从未展示的商品所占的曝光")),
    Rule(signal="sample ratio", above=3.0, below=2.0, windows=1,
         meaning=Said("-log10 p of the trial's users per arm so far", "迄今各实验组用户数的 -log10 p")),
)  # fmt: skip
"""What is watched unless the user says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What happened in one window, or in several.

    Parameters
    ----------
    people, goods : polars.DataFrame
        From :func:`~longshelf.monitoring.windows.people_of` and ``goods_of``.
    answers : int
        Lists given.
    """

    people: pl.DataFrame
    goods: pl.DataFrame
    answers: int

    @cached_property
    def users(self) -> pl.DataFrame:
        """What each user was shown, clicked and was predicted to click; one row a user."""
        tail = pl.col("slice") == "tail"
        return self.people.group_by("user", maintain_order=True).agg(
            pl.col("exposures").sum().alias("shown"),
            pl.col("clicks").sum(),
            pl.col("exposures").filter(tail).sum().alias("tail shown"),
            pl.col("clicks").filter(tail).sum().alias("tail clicks"),
            pl.col("scored").sum(),
            (pl.col("scored clicks") - pl.col("promised")).sum(),
        )

    @cached_property
    def shown(self) -> pl.Series:
        """The item of every exposure."""
        return shown_items(self.goods)


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
    before : Part
        The reference.
    """

    catalogue: pl.DataFrame | None
    before: Part

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

    def _shown(self, part: Part) -> dict[str, pl.Series]:
        if self._columns is None:
            return {}
        table = part.shown.to_frame().join(self._columns, on="item", how="left")
        return {
            name: (table[name].explode() if name == "words" else table[name]).drop_nulls()
            for name in table.columns[1:]
        }

    def drifts(self, now: Part) -> dict[str, Drift]:
        """Each input of a window beside the reference."""
        found = {
            name: drift_of(name, self._reference[name], seen)
            for name, seen in self._shown(now).items()
        }
        return {name: drift for name, drift in found.items() if drift is not None}


def signals(
    now: Part,
    before: Part,
    found: Mapping[str, Drift],
    probabilities: bool,
    arms: pl.DataFrame,
    shares: pl.DataFrame,
) -> dict[str, float | None]:
    """Every signal of one window; None where there is too little to say.

    Parameters
    ----------
    now, before : Part
        The window and the reference.
    found : mapping of str to Drift
        From :meth:`Inputs.drifts`.
    probabilities : bool
        Whether scores are probabilities.
    arms, shares : polars.DataFrame
        Of the trials up to the window's end: ``trial``, ``arm`` and ``user`` of each user; and
        ``trial``, ``arm``, ``least``, ``most`` and ``blank`` of the propensities.
    """
    both = now.users, before.users
    rate = _apart(*both, "clicks", "shown")
    tail = _apart(*both, "tail clicks", "tail shown")
    share = _apart(*both, "tail shown", "shown")
    off = _apart(*both, "scored clicks", "scored") if probabilities else None
    answers = [part.answers for part in (before, now)]
    return {
        "click rate falls": None if rate is None else -rate,
        "tail click rate falls": None if tail is None else -tail,
        "tail exposure moves": None if share is None else abs(share),
        "calibration moves": None if off is None else abs(off),
        **{
            f"{name} drifts": drift.excess(*answers) if drift.p < CHANCE else 0.0
            for name, drift in found.items()
        },
        "new items": popularity(before.shown, now.shown)[1] if len(now.shown) else None,
        "sample ratio": _mismatch(arms, shares),
    }


def _mismatch(arms: pl.DataFrame, shares: pl.DataFrame) -> float | None:
    """-log10 p of the worst trial; None without trials of fixed shares."""
    worst = None
    for (trial,), part in arms.group_by("trial"):
        alone = part.filter(pl.col("arm").n_unique().over("user") == 1)
        told = shares.filter(pl.col("trial") == trial).group_by("arm").agg(
            pl.col("least").min(), pl.col("most").max(), pl.col("blank").any()
        )  # fmt: skip
        counts = alone.group_by("arm").agg(n=pl.len()).join(told, on="arm").sort("arm")
        moved = told.select((pl.col("most") - pl.col("least")).max()).item()
        if counts.height < 2 or told["blank"].any() or moved > 1e-6:
            continue
        users = dict(counts.select("arm", "n").rows())
        p = check_sample_ratio(users, counts["least"].to_list()).p
        worst = max(worst or 0.0, -log10(max(p, 1e-300)))
    return worst
