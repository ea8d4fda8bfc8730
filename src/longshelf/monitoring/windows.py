"""Exposure, clicks and their spread, window by window, for slices of items and groups of users."""

from __future__ import annotations

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.metrics.lists.catalogue import gini

__all__ = [
    "SLICES", "goods_of", "known_items", "people_of", "shown_items", "tally", "with_windows",
]  # fmt: skip

SLICES = ("head", "torso", "tail")
PERSON = ("window", "user", "slice", "group")
GOOD = ("window", "item", "slice", "group")
ACTS = {"impression": "exposures", "click": "clicks", "cart": "carts", "purchase": "purchases"}


def with_windows(events: pl.DataFrame, seconds: float) -> pl.DataFrame:
    """Events with ``window``: when the stretch they fall into began.

    An act counts in the window of the exposure it answers, so that no rate mixes two windows.

    Parameters
    ----------
    events : polars.DataFrame
        From :func:`longshelf.trials.checked`.
    seconds : float
        Length of a window; windows begin at its multiples.

    Raises
    ------
    InputError
        A length that is not above 0.
    """
    if not seconds > 0:
        raise InputError(f"a window needs a length above 0 seconds, got {seconds}")
    shown = (
        events.filter(pl.col("kind") == "impression")
        .group_by("request")
        .agg(pl.col("time").min().alias("shown"))
    )
    at = pl.coalesce("shown", "time")
    return (
        events.join(shown, on="request", how="left", maintain_order="left")
        .with_columns(window=(at / seconds).floor() * seconds)
        .drop("shown")
    )


def people_of(events: pl.DataFrame) -> pl.DataFrame:
    """What each user was shown, did and was predicted to do; a row per window, user, slice and group.

    Parameters
    ----------
    events : polars.DataFrame
        From :func:`with_windows`.
    """
    of = {name: pl.col("kind") == kind for kind, name in ACTS.items()}
    score = pl.col("score").fill_nan(None)
    scored = {name: of[name] & score.is_not_null() for name in ("exposures", "clicks")}
    return events.group_by(PERSON, maintain_order=True).agg(
        *(is_.sum().cast(pl.Int64).alias(name) for name, is_ in of.items()),
        scored["exposures"].sum().cast(pl.Int64).alias("scored"),
        scored["clicks"].sum().cast(pl.Int64).alias("scored clicks"),
        score.filter(of["exposures"]).sum().alias("promised"),
    )


def goods_of(events: pl.DataFrame, clicked: pl.DataFrame) -> pl.DataFrame:
    """Exposures of each item, and how many with a score were clicked; as :func:`people_of`.

    Parameters
    ----------
    events, clicked : polars.DataFrame
        From :func:`with_windows`; the second are the exposures that were clicked.
    """
    shown = (pl.col("kind") == "impression").cast(pl.Int64)
    both = pl.concat(
        [
            events.select(*GOOD, exposures=shown, clicked=pl.lit(0, pl.Int64)),
            clicked.select(*GOOD, exposures=pl.lit(0, pl.Int64), clicked=pl.lit(1, pl.Int64)),
        ]
    )
    return both.group_by(GOOD, maintain_order=True).sum()


def shown_items(goods: pl.DataFrame) -> pl.Series:
    """The item of every exposure, from :func:`goods_of`."""
    return goods.select(pl.col("item").repeat_by("exposures").explode()).drop_nulls()["item"]


def known_items(goods: pl.DataFrame, catalogue: pl.DataFrame | None) -> pl.DataFrame:
    """Item and slice of everything that can be shown; without a catalogue, of all that was."""
    if catalogue is not None:
        return catalogue.select("item", "slice")
    return (
        goods.filter(pl.col("item") != "")
        .sort("window", maintain_order=True)
        .unique("item", keep="first", maintain_order=True)
        .select("item", "slice")
    )


def tally(people: pl.DataFrame, goods: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """One row per window and part: everybody, each slice of items, each group of users.

    Parameters
    ----------
    people : polars.DataFrame
        From :func:`people_of`.
    goods : polars.DataFrame
        From :func:`goods_of`.
    items : polars.DataFrame
        From :func:`known_items`.

    Returns
    -------
    polars.DataFrame
        ``window``, ``by`` (all, slice, group), ``part``, ``users``, ``exposures``, ``clicks``,
        ``carts``, ``purchases``, ``click_rate`` (clicks per exposure), ``conversion`` (purchases
        per click), ``share`` (of the window's exposures), ``coverage`` (share of the part's items
        that were shown) and ``gini`` (of exposures over the part's items, those never shown
        included).
    """
    parts = [_cut(people, "all", pl.lit("all")), _cut(people, "slice", pl.col("slice"))]
    if people["group"].n_unique() > 1:
        parts.append(_cut(people, "group", pl.col("group")))
    table = pl.concat(parts).filter(pl.col("part") != "")
    whole = table.filter(pl.col("by") == "all").select("window", whole="exposures")
    spread = pl.concat([_spread(goods, items, by) for by in ("all", "slice", "group")])
    order = pl.col("part").replace_strict({name: i for i, name in enumerate(SLICES)}, default=9)
    return (
        table.join(whole, on="window", how="left")
        .with_columns(
            click_rate=_over("clicks", "exposures"),
            conversion=_over("purchases", "clicks"),
            share=_over("exposures", "whole"),
        )
        .join(spread, on=["window", "by", "part"], how="left")
        .drop("whole")
        .sort("window", "by", order, "part")
    )


def _over(top: str, bottom: str) -> pl.Expr:
    return pl.when(pl.col(bottom) > 0).then(pl.col(top) / pl.col(bottom))


def _cut(people: pl.DataFrame, by: str, part: pl.Expr) -> pl.DataFrame:
    return (
        people.with_columns(part.alias("part"))
        .group_by("window", "part")
        .agg(pl.col("user").n_unique().cast(pl.Int64).alias("users"), pl.col(*ACTS.values()).sum())
        .with_columns(by=pl.lit(by))
        .select("window", "by", "part", "users", *ACTS.values())
    )


def _spread(goods: pl.DataFrame, items: pl.DataFrame, by: str) -> pl.DataFrame:
    """Coverage and Gini of the exposures of each window and part."""
    part = pl.lit("all") if by == "all" else pl.col(by)
    counts = (
        goods.filter(pl.col("exposures") > 0)
        .with_columns(part.alias("part"))
        .group_by("window", "part", "item")
        .agg(n=pl.col("exposures").sum())
    )
    found = []
    for (window, name), rows in counts.group_by("window", "part", maintain_order=True):
        size = items.height if by != "slice" else items.filter(pl.col("slice") == name).height
        seen = rows["n"].to_numpy().astype(float)
        padded = np.concatenate([seen, np.zeros(max(size - len(seen), 0))])
        uneven = gini(padded)
        found.append((window, by, name, len(seen) / max(size, len(seen)), uneven))
    columns = ["window", "by", "part", "coverage", "gini"]
    kinds = [pl.Float64, pl.String, pl.String, pl.Float64, pl.Float64]
    schema = dict(zip(columns, kinds, strict=True))
    return pl.DataFrame(found, schema=schema, orient="row").with_columns(
        pl.col("gini").fill_nan(None)
    )
