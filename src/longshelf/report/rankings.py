"""What the page shows of ranked lists: exposure, another test set, lists before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from longshelf.report.aggregate import ARM, MARKS, Arm, Budget, short
from longshelf.report.curves import Curves
from longshelf.report.reading import Tables
from longshelf.report.wording import Number, Part, Phrase, clip
from longshelf.statistics import compare_all
from longshelf.tables import FloatArray

__all__ = ["TOPS", "concentration", "rankings"]

TOPS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, *(round(0.1 * i, 1) for i in range(1, 11)))
"""Shares of the catalogue, the most listed first, at which exposure is added up."""
SOURCES, DEPTH, TITLE = 6, 10, 70
"""Lists shown per arm, places of each, and characters of a title."""
BYTES_OF_PLACE, BYTES_OF_CURVE, BYTES_OF_VALUE = 6, 90, 50
PLACE = ("dataset", "task")


def rankings(results: Tables, arms: Sequence[Arm], budget: Budget) -> Curves:
    """Gather what the ranking section draws; empty where no task ranks.

    Parameters
    ----------
    results : Tables
        The tables of a run.
    arms : sequence of Arm
        Whose figures are wanted, the best first.
    budget : Budget
        How many bytes they may take; a third each for exposure, other test sets and lists.
    """
    share = budget.rankings // 3
    number = {tuple(getattr(a, name) for name in ARM): i for i, a in enumerate(arms)}
    exposed = _exposure(results.per_target, results.cells, number, share)
    other = _intervened(results, number, share)
    lists = _lists(results.examples.filter(pl.col("source").is_not_null()), number, share)
    if not (exposed or other or lists):
        return Curves(data=None, limits=[])
    limits: list[Part] = []
    if lists and len(lists["of"]) < lists.pop("total"):
        fields: dict[str, Part] = {"n": Number(str(len(lists["of"])))}
        limits.append(Phrase("limits.lists", fields))
    return Curves(
        data={"tops": TOPS, "exposure": exposed, "intervened": other, "lists": lists},
        limits=limits,
    )


def concentration(listed: FloatArray) -> list[int]:
    """Share of all places in lists that the most listed targets hold, per mille, at :data:`TOPS`.

    Parameters
    ----------
    listed : (C,) float array
        How often each target was listed.

    Examples
    --------
    >>> import numpy as np
    >>> concentration(np.array([6.0, 2, 2, 0]))[-4:]
    [960, 1000, 1000, 1000]
    """
    held = np.concatenate([[0.0], np.cumsum(np.sort(listed)[::-1])])
    at = np.interp(np.array(TOPS) * len(listed), np.arange(len(held)), held)
    return [round(1000 * float(x)) for x in at / max(held[-1], 1e-12)]


def _exposure(
    per_target: pl.DataFrame,
    cells: pl.DataFrame,
    number: Mapping[tuple[str, ...], int],
    share: int,
) -> dict[int, list[int]]:
    listed = per_target.filter(pl.col("listed").is_not_null())
    if listed.is_empty():
        return {}
    if "task" not in listed.columns:
        tasks = cells.select("dataset", "task").unique("dataset", maintain_order=True)
        listed = listed.join(tasks, on="dataset", how="left")
    curves = {}
    for key, part in listed.partition_by(ARM, as_dict=True, maintain_order=True).items():
        arm = number.get(tuple(map(str, key)))
        if arm is not None:
            mean = part.group_by("target").agg(pl.col("listed").mean())["listed"]
            curves[arm] = concentration(mean.to_numpy())
    return dict(sorted(curves.items())[: max(2, share // BYTES_OF_CURVE)])


def _intervened(
    results: Tables, number: Mapping[tuple[str, ...], int], share: int
) -> list[dict[str, Any]]:
    """Every arm on test sets drawn evenly over the items, compared with plain training over seeds."""
    even = pl.col("split").str.starts_with("intervened")
    sets = results.values.filter(even & pl.col("slice_axis").is_in(["all", "target"]))
    natural = results.values.filter(~even).select(PLACE).unique()
    found = []
    for key, part in sets.partition_by([*PLACE, "split"], as_dict=True).items():
        dataset, task, split = map(str, key)
        if natural.filter(dataset=dataset, task=task).is_empty():
            continue
        metrics = _affordable(part, str(results.about.get("primary", "")), share)
        part = part.filter(pl.col("metric").is_in(metrics))
        rows = _compared(part, results.cells, number)
        keys = list(dict.fromkeys(one for of in rows.values() for one in of))
        place = {name: i for i, name in enumerate(keys)}
        found.append({
            "dataset": clip(dataset), "task": clip(task), "split": clip(split), "keys": keys,
            "rows": {arm: [x for k, of in rows[arm].items() for x in (place[k], *of)]
                     for arm in rows},
        })  # fmt: skip
    return found


def _affordable(part: pl.DataFrame, primary: str, share: int) -> list[str]:
    """The metrics that fit, the primary one first."""
    names = sorted(set(part["metric"]), key=lambda name: (name != primary, name))
    arms = part.select(ARM).n_unique()
    slices = part.select("slice").n_unique()
    return names[: max(1, share // (BYTES_OF_VALUE * max(1, arms * slices)))]


def _compared(
    part: pl.DataFrame, cells: pl.DataFrame, number: Mapping[tuple[str, ...], int]
) -> dict[int, dict[tuple[str, str], list[Any]]]:
    """Arm to metric and slice to value, difference, low, high and mark."""
    what = ["decision", "metric", "slice_axis", "slice"]
    told = compare_all(
        part, {}, cells.filter(pl.col("cell").is_in(part["cell"].unique().to_list())),
        primary="", redrawn=True,
    ).select(*ARM, *what, "difference", "low", "high", "verdict")  # fmt: skip
    means = part.group_by([*ARM, *what], maintain_order=True).agg(pl.col("value").mean())
    rows: dict[int, dict[tuple[str, str], list[Any]]] = {}
    for row in means.join(told, on=[*ARM, *what], how="left").iter_rows(named=True):
        arm = number.get(tuple(str(row[name]) for name in ARM))
        if arm is None:
            continue
        mark = row["verdict"] if row["strategy"] != "none" else None
        rows.setdefault(arm, {})[row["metric"], row["slice"]] = [
            *(short(row[name]) for name in ("value", "difference", "low", "high")),
            MARKS.index(mark) if mark in MARKS else -1,
        ]
    return rows


def _lists(
    examples: pl.DataFrame, number: Mapping[tuple[str, ...], int], share: int
) -> dict[str, Any]:
    """The first places of the lists of a few sources, the same sources for every arm."""
    if examples.is_empty():
        return {}
    first = examples.filter(pl.col("rank") <= DEPTH)
    main = first.unique([*PLACE, "split"], maintain_order=True).unique(PLACE, keep="first")
    first = first.join(main.select(*PLACE, "split"), on=[*PLACE, "split"], how="semi")
    titles: dict[tuple[str, str], int] = {}
    sets: dict[tuple[str, str], list[str]] = {}
    of: dict[int, list[list[int]]] = {}
    room = max(2 * SOURCES * DEPTH * BYTES_OF_PLACE, share)
    parts = first.partition_by(ARM, as_dict=True, maintain_order=True)
    wanted = {number[name]: part for key, part in parts.items()
              if (name := tuple(map(str, key))) in number}  # fmt: skip
    for arm, part in sorted(wanted.items()):
        place = (str(part["dataset"][0]), str(part["task"][0]))
        own = part["source"].unique(maintain_order=True).to_list()
        sources = sets.setdefault(place, [str(name) for name in own[:SOURCES]])
        before = len(titles)
        of[arm] = [_list(part.filter(source=name).sort("rank"), titles) for name in sources]
        room -= BYTES_OF_PLACE * SOURCES * DEPTH + TITLE * (len(titles) - before)
        if room < 0:
            break
    named = [
        {
            "dataset": clip(d),
            "task": clip(t),
            "names": ["" if t == "rank" else clip(n) for n in own],
        }
        for (d, t), own in sets.items()
    ]
    return {
        "sources": named, "titles": [[clip(text, TITLE), part] for text, part in titles],
        "of": of, "total": len(wanted),
    }  # fmt: skip


def _list(part: pl.DataFrame, titles: dict[tuple[str, str], int]) -> list[int]:
    """Twice the number of each title, one more where it was a hit."""
    return [
        2 * titles.setdefault((str(text), str(shelf)), len(titles)) + bool(hit)
        for text, shelf, hit in part.select("text", "slice", "hit").iter_rows()
    ]
