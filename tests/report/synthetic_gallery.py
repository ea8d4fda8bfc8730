"""A synthetic run that writes: two writers and a rival, effects that are known, texts that mean harm."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
from synthetic_report import SyntheticResults

from longshelf.statistics import compare_all

HARM = "</script><script>alert(1)</script>"
ARMS = {
    ("copy_writer", "none"): (1.0, 1.0),
    ("ngram_writer", "none"): (1.5, 2.4),
    ("ngram_writer", "ClassBalancedSampling"): (1.9, 1.6),
    ("steady_writer", "none"): (1.2, 1.2),
}
"""Perplexity on head and tail, in multiples of that of the real texts."""
REAL = {"head": 30.0, "torso": 45.0, "tail": 75.0, "all": 40.0}
COVERED = {"head": 0.53, "torso": 0.54, "tail": 0.45, "all": 0.52}


def simulate_gallery(
    *, seeds: int = 4, dataset: str = "fashion", harm: bool = False, extra: int = 0
) -> SyntheticResults:
    """Draw the tables of four arms and ``extra`` more writers."""
    rng = np.random.default_rng(3)
    arms = {**ARMS, **{(f"writer_{i}", "none"): (1.3, 1.4) for i in range(extra)}}
    tables: dict[str, list[dict[str, Any]]] = {"values": [], "cells": [], "examples": []}
    for (model, strategy), effect in arms.items():
        place = {"dataset": dataset, "task": "generate title", "features": "conditions",
                 "model": model, "strategy": strategy, "split": "stratified"}  # fmt: skip
        for seed in range(seeds):
            cell = "/".join([*place.values(), f"seed{seed}"])
            own = {**place, "cell": cell, "seed": seed}
            tables["cells"].append({**own, "status": "done", "reason": "", "seconds": 3.0})
            tables["values"] += [{**own, **line} for line in _values(effect, rng)]
        tables["examples"] += [{**place, **row} for row in _examples(model, strategy, harm)]
    frames = {name: pl.DataFrame(rows) for name, rows in tables.items()}
    told = compare_all(
        frames["values"], {}, frames["cells"], primary="chrf", rivals=("copy_writer",), redrawn=True
    ).with_columns(split=pl.lit("stratified"))
    results = SyntheticResults(
        values=frames["values"], cells=frames["cells"], comparisons=told,
        per_target=pl.DataFrame(), reliability=pl.DataFrame(),
        about={"suite": "titles", "primary": "chrf", "rivals": ["copy_writer"], "seconds": 9.0,
               "directions": {"chrf": True, "perplexity": False, "attribute_coverage": True}},
    )  # fmt: skip
    object.__setattr__(results, "examples", frames["examples"])
    return results


def _values(effect: tuple[float, float], rng: np.random.Generator) -> list[dict[str, Any]]:
    head, tail = effect
    times = {"head": head, "torso": (head + tail) / 2, "tail": tail, "all": (head + tail) / 2}
    lines = []
    for name in REAL:
        axis = "all" if name == "all" else "target"
        real = REAL[name] * float(rng.uniform(0.98, 1.02))
        covered = COVERED[name] + float(rng.normal(0, 0.002))
        measured = {
            ("score", "perplexity"): real * times[name] * float(rng.uniform(0.98, 1.02)),
            ("real", "perplexity"): real,
            ("score", "attribute_coverage"): covered - 0.2 + float(rng.normal(0, 0.01)),
            ("real", "attribute_coverage"): covered,
            ("score", "chrf"): 0.3 / times[name] + float(rng.normal(0, 0.002)),
        }
        lines += [
            {"decision": decision, "metric": metric, "slice_axis": axis, "slice": name,
             "value": value, "low": None, "high": None, "support": 500}
            for (decision, metric), value in measured.items()
        ]  # fmt: skip
    return lines


def _examples(model: str, strategy: str, harm: bool) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for at, shelf in enumerate(("head", "torso", "tail")):
        for i in range(12):
            real = f"Acme Men Red Shirt {i}"
            text = f"{model} {strategy} blue & Red shirt {i}"
            start = text.index("blue")
            if harm:
                real, text = f"{HARM} {i}", HARM + "长" * 500
            rows.append(
                {"rank": 12 * at + i, "category": HARM if harm else f"{shelf} kind {i}",
                 "slice": shelf, "count": 1234 - 400 * at, "real": real, "text": text,
                 "asked": json.dumps({HARM: HARM} if harm else {"colour": "Red"}),
                 "real_marks": "[[9,12,1]]",
                 "marks": json.dumps([[start, start + 4, 0], [start + 7, start + 10, 1]])}
            )  # fmt: skip
    return rows
