"""Does text get worse where data is thin, and does balancing mend it: what the figures allow to say."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.special import stdtrit

from longshelf.report.reading import Tables
from longshelf.report.wording import Joined, Name, Number, Part, Phrase, clip, fixed, label
from longshelf.statistics.difference import ENOUGH_SEEDS

__all__ = ["Answer", "Thinner", "answered", "thinner"]

MEASURES = ("perplexity", "attribute_coverage", "contradiction", "near_train")
"""Measured of real texts too, so that a category that is hard to write for blames no writer."""
SHOWN = ("chrf", *MEASURES, "distinct@2")
ARM = ("features", "model", "strategy")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """Sentences, and the figures they rest on.

    Parameters
    ----------
    thin, mended : sequence of Part
        Sentences on plain training, and on remedies.
    metrics : sequence of Part
        Heads of the table's columns.
    rows : sequence of (Part, sequence of str)
        Who wrote, and per metric the value on the head and on the tail.
    """

    thin: Sequence[Part]
    mended: Sequence[Part]
    metrics: Sequence[Part]
    rows: Sequence[tuple[Part, Sequence[str]]]


@dataclass(frozen=True)
class Thinner:
    """How much further from real text a writer is on the tail than on the head.

    Parameters
    ----------
    head, tail : float
        Distance from the real texts of the slice: a ratio of perplexities, else a difference.
    worse : float
        What the tail adds, on a log scale for ratios, above 0 is worse; mean over seeds.
    low, high : float or None
        95% t interval over seeds; None under three.
    """

    head: float
    tail: float
    worse: float
    low: float | None
    high: float | None


def thinner(
    written: Mapping[str, Sequence[float]],
    real: Mapping[str, Sequence[float]],
    *,
    ratio: bool,
    falling: bool,
) -> Thinner:
    """Compare the distances from real text on head and tail, seed by seed.

    Parameters
    ----------
    written, real : mapping of slice to sequence of float
        Values of the slice, seed by seed.
    ratio : bool
        Divide by the real texts' value instead of taking it off.
    falling : bool
        Whether less is better.

    Examples
    --------
    >>> found = thinner({"head": [2.0], "tail": [6.0]}, {"head": [1.0], "tail": [2.0]},
    ...                 ratio=True, falling=True)
    >>> round(found.head), round(found.tail), found.worse > 0
    (2, 3, True)
    """
    away = {}
    for name in ("head", "tail"):
        own, other = np.asarray(written[name]), np.asarray(real[name])
        away[name] = np.log(own / other) if ratio else own - other
    moved = (away["tail"] - away["head"]) * (1 if falling else -1)
    seeds = len(moved)
    low = high = None
    if seeds >= ENOUGH_SEEDS:
        wide = float(stdtrit(seeds - 1, 0.975) * moved.std(ddof=1) / math.sqrt(seeds))
        low, high = float(moved.mean()) - wide, float(moved.mean()) + wide
    head, tail = (float(away[name].mean()) for name in ("head", "tail"))
    if ratio:
        head, tail = math.exp(head), math.exp(tail)
    return Thinner(head, tail, float(moved.mean()), low, high)


def answered(results: Tables, dataset: str, task: str) -> Answer:
    """Answer both questions for one data set and task."""
    here = (pl.col("dataset") == dataset) & (pl.col("task") == task)
    values = results.values.filter(
        here & (pl.col("slice_axis") == "target") & pl.col("slice").is_in(["head", "tail"])
    )
    if not values.is_empty():
        values = values.filter(pl.col("split") == values["split"][0])
    told = results.comparisons.filter(here & (pl.col("slice_axis") == "target"))
    baselines = set(told["baseline"].drop_nulls().to_list()) or {"none"}
    written = values.filter(pl.col("decision") == "score")
    plain = written.filter(pl.col("strategy").is_in(list(baselines)))
    thin = [_thin(plain, values, metric, metric in results.lower) for metric in MEASURES]
    remedies = told.filter(
        ~pl.col("strategy").is_in(list(baselines)) & (pl.col("decision") == "score")
    )
    mended = [
        _mended(names, part.to_dicts())
        for names, part in remedies.partition_by(ARM, as_dict=True, maintain_order=True).items()
    ]
    metrics = [name for name in SHOWN if not written.filter(metric=name).is_empty()]
    return Answer(
        thin=[part for part in thin if part is not None],
        mended=mended,
        metrics=[label("metric", name) for name in metrics],
        rows=_rows(values, metrics),
    )


def _by_seed(part: pl.DataFrame) -> dict[str, list[float]] | None:
    """Values of head and tail over the seeds that have both."""
    wide = part.unique(["seed", "slice"]).pivot("slice", index="seed", values="value").sort("seed")
    if not {"head", "tail"} <= set(wide.columns):
        return None
    wide = wide.drop_nulls(["head", "tail"])
    return {name: wide[name].to_list() for name in ("head", "tail")} if wide.height else None


def _thin(plain: pl.DataFrame, values: pl.DataFrame, metric: str, falling: bool) -> Part | None:
    """One sentence on one metric: for whom the tail is worse."""
    ratio = metric == "perplexity"
    real = values.filter(pl.col("metric") == metric, pl.col("decision") == "real")
    told: list[tuple[str, Thinner]] = []
    for names, part in (
        plain.filter(metric=metric).partition_by(ARM, as_dict=True, maintain_order=True).items()
    ):
        beside = real.join(part.select("cell").unique(), on="cell", how="semi")
        one, other = _by_seed(part), _by_seed(beside)
        if one is not None and other is not None:
            told.append((str(names[1]), thinner(one, other, ratio=ratio, falling=falling)))
    if not told:
        return None
    if any(found.low is None for _, found in told):
        return Phrase(
            "gallery.few", {"metric": label("metric", metric), "writers": _named(told, ratio)}
        )
    worse = [one for one in told if one[1].low is not None and one[1].low > 0]
    better = [one for one in told if one[1].high is not None and one[1].high < 0]
    fields: dict[str, Part] = {"metric": label("metric", metric)}
    if worse and better:
        fields |= {"writers": _named(worse, ratio), "others": _named(better, ratio)}
        return Phrase("gallery.worse_and_better", fields)
    if worse:
        return Phrase("gallery.worse", fields | {"writers": _named(worse, ratio)})
    if better:
        return Phrase("gallery.better", fields | {"writers": _named(better, ratio)})
    return Phrase("gallery.same", fields | {"writers": _named(told, ratio)})


def _named(told: Sequence[tuple[str, Thinner]], ratio: bool) -> Part:
    key = "gallery.times" if ratio else "gallery.away"
    parts: list[Part] = []
    for model, found in told:
        sizes = (fixed(x, 2) if ratio else fixed(x, signed=True) for x in (found.head, found.tail))
        head, tail = map(Number, sizes)
        parts.append(Phrase(key, {"writer": Name(clip(model)), "head": head, "tail": tail}))
    return Joined(parts)


def _mended(names: tuple[object, ...], rows: Sequence[Row]) -> Part:
    """One sentence on one remedy: what it changes on the tail, and on the head."""
    _, model, strategy = map(str, names)
    fields: dict[str, Part] = {
        "arm": Name(clip(strategy)),
        "writer": Name(clip(model)),
        "tail": _changes(rows, "tail"),
        "head": _changes(rows, "head"),
    }
    return Phrase("gallery.remedy", fields)


def _changes(rows: Sequence[Row], where: str) -> Part:
    own = {str(row["metric"]): row for row in rows if row["slice"] == where}
    kept = [own[name] for name in SHOWN if name in own]
    if not kept or all(row["verdict"] == "?" for row in kept):
        return Phrase("gallery.unknown")
    better, worse = ([row for row in kept if row["verdict"] == mark] for mark in ("+", "−"))
    if better and worse:
        return Phrase("gallery.both_ways", {"better": _moved(better), "worse": _moved(worse)})
    if better:
        return Phrase("gallery.gains", {"better": _moved(better)})
    return (
        Phrase("gallery.losses", {"worse": _moved(worse)}) if worse else Phrase("gallery.nothing")
    )


def _moved(rows: Sequence[Row]) -> Part:
    return Joined([
        Phrase("gallery.moved", {
            "metric": label("metric", str(row["metric"])),
            "by": Number(_sized(row["difference"], signed=True)),
        })
        for row in rows
    ])  # fmt: skip


def _sized(value: float | None, *, signed: bool = False) -> str:
    """Three decimals, one where there are tens before the point."""
    return fixed(value, 1 if value is not None and abs(value) >= 10 else 3, signed=signed)


def _rows(values: pl.DataFrame, metrics: Sequence[str]) -> list[tuple[Part, list[str]]]:
    """Real texts, then every writer: means over seeds on head and tail."""
    means = values.group_by([*ARM, "decision", "metric", "slice"], maintain_order=True).agg(
        pl.col("value").mean()
    )
    real = (
        means.filter(pl.col("decision") == "real")
        .group_by("metric", "slice")
        .agg(pl.col("value").mean())
    )
    lines: list[tuple[Part, list[str]]] = [(Phrase("gallery.real"), _cells(real, metrics))]
    own = means.filter(pl.col("decision") == "score")
    for (_, model, strategy), part in own.partition_by(
        ARM, as_dict=True, maintain_order=True
    ).items():
        writer: dict[str, Part] = {"writer": Name(clip(model)), "arm": clip(strategy)}
        plain = strategy in {"none", ""}
        lines.append((
            Name(clip(model)) if plain else Phrase("gallery.with", writer), _cells(part, metrics)
        ))  # fmt: skip
    return lines


def _cells(part: pl.DataFrame, metrics: Sequence[str]) -> list[str]:
    found = {(m, s): v for m, s, v in part.select("metric", "slice", "value").iter_rows()}
    pairs = [(found.get((name, "head")), found.get((name, "tail"))) for name in metrics]
    return [
        "–" if head is None and tail is None else f"{_sized(head)} → {_sized(tail)}"
        for head, tail in pairs
    ]
