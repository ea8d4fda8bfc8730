"""Recall per class, the moving cut of the tail, and calibration curves, small enough to embed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from longshelf.report.aggregate import ARM, Arm, Budget, short
from longshelf.report.verdict import DECISIONS
from longshelf.report.wording import Part, Phrase, clip
from longshelf.tables import FloatArray, IntArray

__all__ = ["CUTS", "Curves", "calibration", "cut_changes", "recalls"]

CUTS = tuple(round(0.1 * i, 1) for i in range(1, 10))
"""Shares of the training rows that the head holds when the cut moves."""
FEWEST_BINS, MOST_BINS = 24, 240


@dataclass(frozen=True, kw_only=True)
class Curves:
    """Arrays ready for the page, and what was left out in words."""

    data: Any
    limits: list[Part]


def recalls(
    per_target: pl.DataFrame, cells: pl.DataFrame, arms: Sequence[Arm], budget: Budget
) -> Curves:
    """Give each arm's recall per class, neighbours in size grouped where classes are too many.

    Parameters
    ----------
    per_target, cells : DataFrame
        As in ``Results``.
    arms : sequence of Arm
        Whose curves are wanted, the best first.
    budget : Budget
        How many bytes they may take.
    """
    table = _by_arm(per_target, cells)
    if table.is_empty():
        return Curves(data=[], limits=[])
    decisions = table["decision"].unique().to_list()
    decision = min(decisions, key=lambda d: DECISIONS.index(d) if d in DECISIONS else 99)
    table = table.filter(pl.col("decision") == decision)
    wanted = {tuple(getattr(a, name) for name in ARM): i for i, a in enumerate(arms)}
    found = [tuple(map(str, k)) for k in table.select(ARM).unique(maintain_order=True).iter_rows()]
    shown = sorted((k for k in found if k in wanted), key=lambda k: wanted[k])
    most = max(2, budget.targets // (6 * FEWEST_BINS))
    bins = max(FEWEST_BINS, min(MOST_BINS, budget.targets // (6 * max(1, min(len(shown), most)))))
    kept = set(_baselines_first(shown, wanted, arms)[:most])
    limits: list[Part] = []
    if len(kept) < len(shown):
        counts: dict[str, Part] = {"n": str(len(kept)), "total": str(len(shown))}
        limits.append(Phrase("limits.recall", counts))
    sets, grouped = [], False
    for (dataset, task), part in table.group_by("dataset", "task", maintain_order=True):
        one, cut_down = _one_set(part, wanted, kept, arms, bins)
        grouped |= cut_down
        sets.append({"dataset": clip(dataset), "task": clip(task), **one})
    if grouped:
        limits.append(Phrase("limits.classes"))
    return Curves(data=sets, limits=limits)


def cut_changes(recall: FloatArray, plain: FloatArray, count: FloatArray) -> list[float | None]:
    """Mean change in recall on the tail, as the head's share of rows moves from 10% to 90%.

    Parameters
    ----------
    recall, plain : (C,) float arrays
        Per class, of the arm and of the baseline; NaN where a class has no test row.
    count : (C,) float array
        Training rows per class.

    Examples
    --------
    >>> import numpy as np
    >>> cut_changes(np.array([.9, .5]), np.array([1., .3]), np.array([80., 20.]))[::4]
    [0.2, 0.2, None]
    """
    order = np.argsort(-count, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(count[order])[:-1]]) / max(count.sum(), 1.0)
    change = (recall - plain)[order]
    known = np.isfinite(change)
    tails = [change[known & (before >= share - 1e-9)] for share in CUTS]
    return [short(float(tail.mean())) if tail.size else None for tail in tails]


def calibration(
    reliability: pl.DataFrame, cells: pl.DataFrame, arms: Sequence[Arm], budget: Budget
) -> Curves:
    """Give each arm's reliability bins before and after correction.

    Parameters
    ----------
    reliability, cells : DataFrame
        As in ``Results``.
    arms : sequence of Arm
        Whose curves are wanted, the best first.
    budget : Budget
        How many bytes they may take.
    """
    table = _with_task(reliability, cells)
    if table.is_empty():
        return Curves(data={}, limits=[])
    weight = pl.col("count").cast(pl.Float64)
    bins = (
        table.filter(pl.col("count") > 0)
        .group_by([*ARM, "stage", "bin"])
        .agg(
            ((pl.col("confidence") * weight).sum() / weight.sum()).alias("confidence"),
            ((pl.col("accuracy") * weight).sum() / weight.sum()).alias("accuracy"),
            pl.col("count").sum(),
        )
        .sort("stage", "bin")
    )
    wanted = {tuple(getattr(a, name) for name in ARM): i for i, a in enumerate(arms)}
    parts = {tuple(map(str, k)): part for k, part in bins.group_by(ARM, maintain_order=True)}
    shown = [key for key in wanted if key in parts]
    order = _baselines_first(shown, wanted, arms)
    per_arm = 19 * max((part.height for part in parts.values()), default=1)
    kept = order[: max(2, budget.calibration // per_arm)]
    data = {wanted[key]: _stages(parts[key]) for key in kept}
    counts: dict[str, Part] = {"n": str(len(kept)), "total": str(len(shown))}
    limits: list[Part] = [Phrase("limits.calibration", counts)] if len(kept) < len(shown) else []
    return Curves(data=data, limits=limits)


def _baselines_first(
    keys: Sequence[tuple[str, ...]], wanted: dict[tuple[str, ...], int], arms: Sequence[Arm]
) -> list[tuple[str, ...]]:
    return sorted(keys, key=lambda k: (not arms[wanted[k]].baseline, wanted[k]))


def _with_task(table: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Add the task where the table carries only the cell: by the cell, else by the data set."""
    if "task" in table.columns or table.is_empty():
        return table
    by_cell = cells.select("cell", "task").unique("cell")
    by_set = cells.group_by("dataset").agg(pl.col("task").first().alias("only_task"))
    joined = table.join(by_cell, on="cell", how="left").join(by_set, on="dataset", how="left")
    return joined.with_columns(pl.coalesce("task", "only_task", pl.lit("")).alias("task"))


def _by_arm(per_target: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    table = _with_task(per_target, cells)
    if table.is_empty():
        return table
    return table.group_by([*ARM, "decision", "target"], maintain_order=True).agg(
        pl.col("train_count").mean(), pl.col("recall").cast(pl.Float64).fill_nan(None).mean()
    )


def _one_set(
    part: pl.DataFrame,
    wanted: dict[tuple[str, ...], int],
    kept: set[tuple[str, ...]],
    arms: Sequence[Arm],
    most: int,
) -> tuple[dict[str, Any], bool]:
    """One data set's classes by falling size, in at most ``most`` bins, with the arms' recalls."""
    sizes = part.group_by("target", maintain_order=True).agg(pl.col("train_count").mean())
    sizes = sizes.sort("train_count", "target", descending=[True, False])
    names = [str(x) for x in sizes["target"].to_list()]
    count = sizes["train_count"].to_numpy().astype(float)
    edges = np.linspace(0, len(names), min(most, len(names)) + 1).round().astype(int)
    row_of = {name: i for i, name in enumerate(names)}
    curves: dict[int, FloatArray] = {}
    for key, own in part.group_by(ARM, maintain_order=True):
        arm = tuple(map(str, key))
        if arm in kept:
            curve = np.full(len(names), np.nan)
            rows = [row_of[str(name)] for name in own["target"].to_list()]
            curve[rows] = own["recall"].to_numpy()
            curves[wanted[arm]] = curve
    plain = {_place(arms[i]): curve for i, curve in curves.items() if arms[i].baseline}
    cuts = {
        i: cut_changes(curve, plain[_place(arms[i])], count)
        for i, curve in curves.items()
        if _place(arms[i]) in plain and not arms[i].baseline
    }
    return {
        "total": len(names),
        "bins": [_bin(names, count, a, b) for a, b in pairwise(edges)],
        "recall": {i: _binned(curve, edges) for i, curve in curves.items()},
        "cuts": cuts,
    }, len(edges) - 1 < len(names)


def _place(arm: Arm) -> tuple[str, str]:
    return arm.features, arm.model


def _bin(names: list[str], count: FloatArray, start: int, stop: int) -> list[Any]:
    """Name (empty for several), classes, mean, smallest and largest count."""
    name = clip(names[start], 60) if stop - start == 1 else ""
    inside = count[start:stop]
    return [name, int(stop - start), short(inside.mean()), short(inside.min()), short(inside.max())]


def _binned(curve: FloatArray, edges: IntArray) -> list[int | None]:
    """Mean recall per bin, per mille; None where no class has a test row."""
    parts = [curve[a:b][np.isfinite(curve[a:b])] for a, b in pairwise(edges)]
    return [round(1000 * float(x.mean())) if x.size else None for x in parts]


def _stages(part: pl.DataFrame) -> dict[str, list[list[float | int | None]]]:
    return {
        str(stage[0]): [
            [short(round(c, 4)), short(round(a, 4)), int(n)]
            for c, a, n in own.select("confidence", "accuracy", "count").iter_rows()
        ]
        for stage, own in part.group_by("stage", maintain_order=True)
    }
