"""Parts of a results page that only shifted test texts have: what is left, and who mends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from pieces import cell, folded, number, table
from scipy.special import stdtrit

from longshelf.components import build, show
from longshelf.splits import Shifted

CLEAN = "clean"
SLICES = ("all", "head", "torso", "tail")
PLACE = ("dataset", "task")
LEARNER = (*PLACE, "features", "model")
KEY = (*LEARNER, "strategy", "slice")


def asked_as(split: str) -> tuple[str, str]:
    """What a split learns from, and how its test texts are written."""
    made: Any = build("split", split)
    if not isinstance(made, Shifted):
        return split, CLEAN
    ways = []
    while isinstance(made, Shifted):
        ways.append(f"{made.shift} {made.share:.0%}")
        made = made.of
    return show(made), " on ".join(ways)


def shifted(values: pl.DataFrame, primary: str, decision: str) -> Iterator[str]:
    """Values on clean and on shifted texts, and what each remedy changes there."""
    splits = values["split"].unique(maintain_order=True).to_list()
    told = {split: asked_as(split) for split in splits}
    learned = {learning for learning, how in told.values() if how != CLEAN}
    kept = values.filter(
        pl.col("split").is_in([split for split, (own, _) in told.items() if own in learned]),
        pl.col("metric") == primary,
        pl.col("decision") == decision,
        pl.col("slice_axis").is_in(["all", "target"]),
        pl.col("slice").is_in(SLICES),
    ).with_columns(how=pl.col("split").replace_strict({s: how for s, (_, how) in told.items()}))
    ways = sorted(kept["how"].unique().to_list(), key=lambda how: (how != CLEAN, how))
    if len(ways) < 2:
        return
    yield "## Texts written otherwise"
    yield (
        f"`{primary}` of learners fitted once on clean texts and asked about the same test rows, "
        "written as they are and otherwise. In brackets, what each loses; means over seeds."
    )
    means = kept.group_by(*KEY, "how", maintain_order=True).agg(pl.col("value").mean())
    for place, part in means.group_by(*PLACE, maintain_order=True):
        for name in SLICES:
            rows = list(_left(part.filter(pl.col("slice") == name), ways))
            if rows:
                said = table(["features / model / strategy", *ways], rows)
                yield f"### {' / '.join(map(cell, place))}, {name}\n\n{said}"
    yield from _changed(kept, ways)


def _left(part: pl.DataFrame, ways: Sequence[str]) -> Iterator[list[str]]:
    """One row per arm: the value on clean texts, then each with its loss."""
    for arm, own in part.group_by("features", "model", "strategy", maintain_order=True):
        value = dict(own.select("how", "value").iter_rows())
        plain = value.get(CLEAN)
        told = [
            number(value.get(how))
            + (f" ({number(value[how] - plain, signed=True)})" if how in value and plain else "")
            for how in ways[1:]
        ]
        yield [cell(" / ".join(map(str, arm))), number(plain), *told]


def _changed(kept: pl.DataFrame, ways: Sequence[str]) -> Iterator[str]:
    """What remedies add to plain training on each kind of text, paired by seed."""
    plain = kept.filter(pl.col("strategy") == "none").drop("strategy")
    on = [*LEARNER, "slice", "seed", "how"]
    both = kept.filter(pl.col("strategy") != "none").join(plain, on=on, suffix="_plain")
    if both.is_empty():
        return
    by = both.with_columns(gain=pl.col("value") - pl.col("value_plain"))
    found = by.group_by(*KEY, "how", maintain_order=True).agg(
        pl.col("gain").mean(), spread=pl.col("gain").std(), seeds=pl.len()
    )
    gains: dict[tuple[str, ...], dict[str, str]] = {}
    for row in found.to_dicts():
        key = tuple(str(row[name]) for name in ("features", "model", "strategy", "slice"))
        gains.setdefault(key, {})[row["how"]] = _gain(row)
    rows = [
        [cell(" / ".join(key[:3])), key[3], *(told.get(how, "–") for how in ways)]
        for key, told in gains.items()
    ]
    yield (
        "What a remedy adds to plain training, with the 95% interval of a t distribution over seeds, "
        "uncorrected for the many comparisons:"
    )
    title = "Gain over plain training by kind of text"
    yield folded(title, table(["features / model / strategy", "slice", *ways], rows))


def _gain(row: dict[str, Any]) -> str:
    gain, seeds = float(row["gain"]), int(row["seeds"])
    if seeds < 2:
        return number(gain, signed=True)
    wide = float(stdtrit(seeds - 1, 0.975)) * float(row["spread"]) / seeds**0.5
    return (
        f"{number(gain, signed=True)} [{number(gain - wide, signed=True)}, "
        f"{number(gain + wide, signed=True)}]"
    )
