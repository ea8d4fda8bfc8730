"""A synthetic run that ranks: remedies that trade accuracy for the tail, two test sets, lists."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from synthetic_report import SyntheticResults

from longshelf.statistics import compare_all

REMEDIES: dict[str, tuple[float, float]] = {
    "none": (0.0, 0.0),
    "PopularityDiscount": (-0.004, 0.30),
    "CalibratedPopularity": (-0.001, 0.22),
    "XQuad": (-0.009, 0.34),
    "Mmr": (-0.006, 0.05),
    "TailQuota(share=0.3)": (-0.014, 0.55),
    "Ips": (0.001, 0.10),
    "SampledSoftmax + LogQ": (0.006, 0.16),
    "Bpr": (-0.003, -0.02),
}
"""What each does to nDCG, and how much of the head's exposure it moves to the tail."""
GROUPS = ("women", "men", "children")
WORDS = ("red", "blue", "linen", "winter", "running", "leather", "small", "party")
THINGS = ("mug", "shirt", "lamp", "boots", "bag", "candle", "kettle", "scarf")
HARM = "</script><script>alert(1)</script>"
METRICS = ("ndcg", "recall", "aplt", "coverage", "gini", "arp", "popularity_lift")


def simulate_ranking(
    *, items: int = 400, seeds: int = 5, models: tuple[str, ...] = ("ease", "matrix_factorisation")
) -> SyntheticResults:
    """Draw the tables of datasets × models × remedies × seeds on two test sets."""
    rng = np.random.default_rng(11)
    count = np.maximum(1, 3000 / np.arange(1, items + 1) ** 0.9).round()
    tables: dict[str, list[dict[str, Any]]] = {"values": [], "cells": []}
    targets, examples = [], []
    arms = [(model, name) for model in models for name in REMEDIES]
    for model, name in [("most_popular", "none"), ("random_ranking", "none"), *arms]:
        place = {"dataset": "shop", "task": "rank", "features": "ids", "model": model,
                 "strategy": name}  # fmt: skip
        cost, moved = _effect(model, name)
        for split in ("by_time", "intervened(of=by_time)"):
            _measured(tables, {**place, "split": split}, cost, moved, seeds, rng)
        listed = _listed(count, moved)
        targets += [
            {**place, "decision": "score", "target": f"i{i}", "train_count": count[i],
             "support": 9, "recall": float(np.clip(listed[i] / count[i] / 4, 0, 1)),
             "precision": 0.1, "listed": float(listed[i]), "hits": 1.0}
            for i in range(items)
        ]  # fmt: skip
        examples += _lists(place, listed, count)
    frames = {name: pl.DataFrame(rows) for name, rows in tables.items()}
    main = frames["values"].filter(split="by_time")
    told = compare_all(
        main, {}, frames["cells"].filter(split="by_time"), primary="ndcg@20",
        rivals=("most_popular", "random_ranking"), redrawn=False,
    ).with_columns(split=pl.lit("by_time"))  # fmt: skip
    results = SyntheticResults(
        **frames, comparisons=told, per_target=pl.DataFrame(targets), reliability=pl.DataFrame(),
        about={"suite": "retail_topn", "primary": "ndcg@20", "started": "2026-11-21T13:40:00",
               "rivals": ["most_popular", "random_ranking"], "seconds": 90.0},
    )  # fmt: skip
    object.__setattr__(results, "examples", pl.DataFrame(examples))
    return results


def _effect(model: str, name: str) -> tuple[float, float]:
    if model == "most_popular":
        return -0.055, -0.8
    if model == "random_ranking":
        return -0.112, 3.0
    cost, moved = REMEDIES[name]
    return cost + (0.008 if model == "ease" else 0.0), moved


def _listed(count: np.ndarray, moved: float) -> np.ndarray:
    """Places in lists per item: a power of its popularity, flatter where exposure moved."""
    power = count ** (1.6 - 1.2 * min(moved, 1.3))
    return np.round(40_000 * power / power.sum())


def _measured(tables, place, cost, moved, seeds, rng):  # type: ignore[no-untyped-def]
    even = place["split"].startswith("intervened")
    for seed in range(seeds):
        cell = "/".join([*map(str, place.values()), f"seed{seed}"])
        tables["cells"].append({**place, "cell": cell, "seed": seed, "status": "done",
                                "reason": "", "seconds": 3.0 + 2 * abs(moved)})  # fmt: skip
        drawn = rng.normal(0, 0.0006)
        for metric in METRICS:
            slices = [("all", "all")]
            slices += [("target", s) for s in ("head", "torso", "tail")] if metric in METRICS[:2] else []  # fmt: skip
            slices += [("gender", g) for g in GROUPS] if metric == "popularity_lift" else []
            slices += [("gender", "gap")] if metric == "popularity_lift" else []
            for axis, part in slices:
                value = _value(metric, part, cost, moved, even) + drawn
                tables["values"].append(
                    {**place, "cell": cell, "seed": seed, "decision": "score",
                     "metric": f"{metric}@20", "slice_axis": axis, "slice": part, "value": value,
                     "low": value - 0.002, "high": value + 0.002, "support": 4000.0}
                )  # fmt: skip


def _value(metric: str, part: str, cost: float, moved: float, even: bool) -> float:
    tail = {"all": 0.25, "head": -0.1, "torso": 0.3, "tail": 1.0}.get(part, 0.0)
    level = {
        "ndcg": 0.115 + cost + (0.02 * moved if even else 0.004 * moved * tail),
        "recall": 0.19 + 1.4 * cost + 0.02 * moved * tail,
        "aplt": 0.05 + 0.25 * min(moved + 0.2, 1),
        "coverage": 0.2 + 0.4 * min(moved + 0.2, 1),
        "gini": 0.9 - 0.35 * min(moved, 1),
        "arp": 900 - 500 * min(moved, 1),
        "popularity_lift": 0.6 - 0.8 * moved + 0.2 * GROUPS.index(part) if part in GROUPS else 0.5,
    }[metric]
    return float(level) * (0.4 if part == "tail" and metric in METRICS[:2] else 1.0)


def _lists(place: dict[str, Any], listed: np.ndarray, count: np.ndarray) -> list[dict[str, Any]]:
    head, torso = np.searchsorted(np.cumsum(count) / count.sum(), [0.5, 0.8])
    lines = []
    for user in range(8):
        rng = np.random.default_rng(user)
        chance = np.maximum(listed, 0.01) / np.maximum(listed, 0.01).sum()
        keys = rng.exponential(size=len(listed)) / chance
        for rank, item in enumerate(np.argsort(keys)[:20]):
            title = f"{WORDS[item % 8]} {WORDS[item // 8 % 8]} {THINGS[item % 7]} no. {item}"
            lines.append(
                {**place, "split": "by_time", "seed": 0, "source": f"customer-{user}",
                 "rank": rank + 1, "target": f"i{item}", "text": HARM if item == 0 else title,
                 "slice": "head" if item <= head else "torso" if item <= torso else "tail",
                 "hit": bool(rng.random() < 0.12)}
            )  # fmt: skip
    return lines
