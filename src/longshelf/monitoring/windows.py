"""Exposure, clicks and their spread, window by window, for slices of items and groups of users."""

from __future__ import annotations

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.metrics.lists.catalogue import gini

__all__ = ["SLICES", "known_items", "tally", "with_windows"]

SLICES = ("head", "torso", "tail")
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


def known_items(events: pl.DataFrame, catalogue: pl.DataFrame | None) -> pl.DataFrame:
    """Item and slice of everything that can be shown; without a catalogue, of all that was."""
    if catalogue is not None:
        return catalogue.select("item", "slice")
    return (
        events.filter(pl.col("item") != "")
        .unique("item", maintain_order=True)
        .select("item", "slice")
    )


def tally(events: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """One row per window and part: everybody, each slice of items, each group of users.

    Parameters
    ----------
    events : polars.DataFrame
        From :func:`with_windows`.
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
    parts = [_cut(events, "all", pl.lit("all")), _cut(events, "slice", pl.col("slice"))]
    if events["group"].n_unique() > 1:
        parts.append(_cut(events, "group", pl.col("group")))
    table = pl.concat(parts).filter(pl.col("part") != "")
    whole = table.filter(pl.col("by") == "all").select("window", whole="exposures")
    spread = pl.concat([_spread(events, items, by) for by in ("all", "slice", "group")])
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


def _cut(events: pl.DataFrame, by: str, part: pl.Expr) -> pl.DataFrame:
    counts = [
        (pl.col("kind") == kind).sum().cast(pl.Int64).alias(name) for kind, name in ACTS.items()
    ]
    return (
        events.with_columns(part.alias("part"))
        .group_by("window", "part")
        .agg(pl.col("user").n_unique().cast(pl.Int64).alias("users"), *counts)
        .with_columns(by=pl.lit(by))
        .select("window", "by", "part", "users", *ACTS.values())
    )


def _spread(events: pl.DataFrame, items: pl.DataFrame, by: str) -> pl.DataFrame:
    """Coverage and Gini of the exposures of each window and part."""
    shown = events.filter(pl.col("kind") == "impression")
    part = pl.lit("all") if by == "all" else pl.col(by)
    counts = shown.with_columns(part.alias("part")).group_by("window", "part", "item").len("n")
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
