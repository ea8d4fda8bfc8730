"""A realistic synthetic run: known effects, failed cells, groups, and names that mean harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

STRATEGIES: dict[str, tuple[float, float, float]] = {
    "none": (0.0, 0.0, 1.0),
    "LogitAdjusted(tau=1.0)": (0.062, -0.004, 1.02),
    "LogitAdjusted(tau=1.5)": (0.071, -0.024, 1.02),
    "PostHocLogitAdjustment": (0.058, -0.006, 1.0),
    "EffectiveNumber(beta=0.999)": (0.031, -0.003, 1.01),
    "InverseFrequency": (0.044, -0.041, 1.01),
    "ClassBalancedSampling": (0.040, -0.035, 1.3),
    "DeferredReweighting": (0.046, -0.002, 1.1),
    "Crt": (0.052, -0.001, 1.6),
    "Ldam": (0.028, -0.008, 1.4),
    "Ldam + DeferredReweighting": (0.055, -0.007, 1.5),
    "Focal(gamma=2.0)": (0.003, -0.002, 1.0),
    "Mixup": (-0.006, 0.003, 1.2),
    "Smote(to=100)": (0.021, -0.006, 2.8),
    "Smote + Focal": (0.019, -0.009, 2.9),
    "Smote(to='balance')": (0.014, -0.052, 6.5),
    "Adasyn": (0.018, -0.012, 3.4),
    "RandomOver(to=100)": (0.024, -0.005, 1.5),
    "RandomUnder": (-0.012, -0.210, 0.2),
    "TomekLinks": (0.001, -0.001, 4.0),
    "TauNorm": (0.033, -0.010, 1.0),
    "PerClassThreshold": (0.041, -0.015, 1.05),
}
HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(2)>",
    "\u202eright to left\u202c مرحبا",
    "Very" + "Long" * 60 + "Name",
    "{{ 7 * 7 }} </script><!-- \u2028",
)
FINDINGS = [
    "41.8% of rows share their title with another row; equal titles stay on one side.",
    "23 classes hold fewer than 5 rows.",
]
PAID = "Smote + Focal"
"""The remedy that asked a language model behind an address."""
DECISION_OF = {"macro_f1": ("argmax", "tuned"), "balanced_accuracy": ("argmax", "tuned")}
BASE = {"all": 0.66, "head": 0.86, "torso": 0.69, "tail": 0.34}
SHARE = {"all": 0.5, "head": 0.0, "torso": 0.4, "tail": 1.0}


@dataclass(frozen=True)
class SyntheticResults:
    values: pl.DataFrame
    cells: pl.DataFrame
    comparisons: pl.DataFrame
    per_target: pl.DataFrame
    reliability: pl.DataFrame
    about: Mapping[str, Any] = field(default_factory=dict)


def simulate(
    *,
    datasets: Sequence[str] = ("fashion", "clothing_reviews"),
    features: Sequence[str] = ("tfidf", "minilm"),
    models: Sequence[str] = ("linear", "mlp"),
    strategies: int = 20,
    seeds: int = 5,
    classes: int = 143,
    hostile: bool = False,
    groups: Sequence[str] = ("women", "men", "girls", "boys", "unisex"),
    metrics: Sequence[str] = (
        "macro_f1",
        "balanced_accuracy",
        "accuracy",
        "auprc",
        "log_loss",
        "ece",
    ),
) -> SyntheticResults:
    """Draw the tables of a run of datasets × features × models × strategies × seeds."""
    rng = np.random.default_rng(7)
    names = _names(strategies, hostile)
    group_names = [*groups, *(HOSTILE[:2] if hostile else ())]
    slices = [("all", "all"), *(("target", s) for s in ("head", "torso", "tail"))]
    slices += [("gender", g) for g in group_names] + [("gender", "worst"), ("gender", "gap")]
    tables: dict[str, list[dict[str, Any]]] = {
        "values": [], "cells": [], "comparisons": [], "per_target": [], "reliability": []
    }  # fmt: skip
    for d, dataset in enumerate(datasets):
        counts = np.maximum(1, 7070 * np.arange(1, classes + 1) ** -1.75).round()
        class_names = [f"class {i:03d}" for i in range(classes)]
        if hostile:
            class_names[: len(HOSTILE)] = HOSTILE
        for f, feature in enumerate(features):
            for m, model in enumerate(models):
                place = {
                    "dataset": dataset,
                    "task": "category",
                    "features": feature,
                    "model": model,
                }
                lift = 0.03 * f + 0.02 * m - 0.05 * d
                for name in names:
                    _arm(tables, place, name, names[name], lift, seeds, slices, metrics, rng, d)
                    _classes(tables, place, name, names[name], lift, class_names, counts, rng)
        _trivial(tables, dataset, seeds, slices)
    frames = {key: pl.DataFrame(rows, infer_schema_length=None) for key, rows in tables.items()}
    ranked = frames["comparisons"].with_columns(
        (
            1
            + (pl.col("verdict") == "+")
            .sum()
            .over("dataset", "features", "model", "metric", "slice", "decision")
            * (pl.col("verdict") != "+").cast(pl.Int64)
        ).alias("rank")
    )
    return SyntheticResults(**{**frames, "comparisons": ranked}, about=_about(hostile))


def _names(strategies: int, hostile: bool) -> dict[str, tuple[float, float, float]]:
    names = dict(list(STRATEGIES.items())[:strategies])
    for i in range(strategies - len(names)):
        names[f"Mine(alpha={i})"] = (0.0003 * i % 0.05, -0.0002 * i % 0.04, 1.0)
    if hostile:
        names |= dict.fromkeys(HOSTILE, (0.05, -0.01, 1.1))
    return names


def _arm(tables, place, name, effect, lift, seeds, slices, metrics, rng, dataset_number):  # type: ignore[no-untyped-def]
    tail, head, pace = effect
    key = "/".join(
        [place["dataset"], "category", "stratified", place["features"], place["model"], name]
    )
    base = 12.0 if place["model"] == "linear" else 31.0
    status, reason = "done", ""
    if name == "TomekLinks" and place["features"] == "tfidf":
        status, reason = "not applicable", "TomekLinks needs dense features; tfidf is sparse"
    if name == "Adasyn" and place["model"] == "mlp":
        status, reason = (
            "failed",
            "ValueError: Expected n_neighbors <= n_samples_fit, but n_neighbors = 6",
        )
    for seed in range(seeds):
        tables["cells"].append(
            {"cell": f"{key}/seed{seed}", **place, "split": "stratified", "strategy": name,
             "seed": seed, "status": status, "reason": reason,
             "seconds": base * pace * float(rng.uniform(0.9, 1.1)) if status == "done" else None,
             "cpu_seconds": base * pace * 1.8, "peak_mb": 900.0, "parameters": 55_000,
             "requests": 1200 if name == PAID else None,
             "money": 0.364 if name == PAID else None}
        )  # fmt: skip
    if status != "done":
        return
    for metric in metrics:
        sign = -1.0 if metric in {"log_loss", "ece"} else 1.0
        for decision in DECISION_OF.get(
            metric, ("raw", "corrected") if metric in {"log_loss", "ece"} else ("score",)
        ):
            for axis, part in slices:
                share = SHARE.get(part, 0.4)
                gain = sign * (share * tail + (1 - share) * head) * (0.4 if dataset_number else 1)
                level = BASE.get(part, 0.62) + lift + gain + 0.01 * len(metric) % 0.05
                drawn = level + rng.normal(0, 0.004, seeds)
                for seed in range(seeds):
                    tables["values"].append(
                        {"cell": f"{key}/seed{seed}", **place, "split": "stratified",
                         "strategy": name, "seed": seed, "decision": decision, "metric": metric,
                         "slice_axis": axis, "slice": part, "value": float(drawn[seed]),
                         "low": float(drawn[seed] - 0.01), "high": float(drawn[seed] + 0.01),
                         "support": 8_890.0 * (0.1 if part == "tail" else 1)}
                    )  # fmt: skip
                if name != "none":
                    tables["comparisons"].append(
                        comparison(
                            **place, strategy=name, decision=decision, metric=metric,
                            slice_axis=axis, slice_=part, value=float(drawn.mean()),
                            difference=gain + float(rng.normal(0, 0.001)),
                            half=(0.016 if part == "tail" else 0.006) * (2 if dataset_number else 1),
                            seeds=seeds, sign=sign,
                        )
                    )  # fmt: skip


def comparison(
    *,
    strategy: str,
    difference: float,
    half: float,
    dataset: str = "fashion",
    task: str = "category",
    features: str = "tfidf",
    model: str = "linear",
    decision: str = "argmax",
    metric: str = "macro_f1",
    slice_axis: str = "all",
    slice_: str = "all",
    value: float = 0.6,
    seeds: int = 5,
    sign: float = 1.0,
    against: str | None = None,
    rank: int = 1,
) -> dict[str, Any]:
    """One row of ``comparisons`` whose mark follows from its interval."""
    low, high = difference - half, difference + half
    mark = "+" if sign * difference - half > 0 else "−" if sign * difference + half < 0 else "~"
    p = min(1.0, float(np.exp(-3 * (difference / half) ** 2)))
    return {
        "dataset": dataset, "task": task, "features": features, "model": model,
        "strategy": strategy, "baseline": "none", "decision": decision, "metric": metric,
        "slice_axis": slice_axis, "slice": slice_, "seeds": seeds, "value": value,
        "difference": difference, "low": low, "high": high, "p": p, "p_adjusted": min(1.0, 2 * p),
        "family": "holm" if slice_ == "all" else "bh", "verdict": mark if seeds >= 3 else "?",
        "rank": rank, "rival": "NameMatch",
        "against_rival": against or ("below" if strategy == "RandomUnder" else "above"),
    }  # fmt: skip


def _classes(tables, place, name, effect, lift, class_names, counts, rng):  # type: ignore[no-untyped-def]
    key = "/".join(
        [place["dataset"], "category", "stratified", place["features"], place["model"], name]
    )
    arm = {"dataset": place["dataset"], "features": place["features"], "model": place["model"],
           "strategy": name}  # fmt: skip
    size = np.log10(counts) / np.log10(counts.max())
    recall = 0.15 + 0.75 * size + lift + effect[0] * (1.2 - size) * 2 + effect[1] * size
    recall = np.clip(
        recall
        + np.random.default_rng(3).normal(0, 0.13, len(counts))
        + rng.normal(0, 0.02, len(counts)),
        0,
        1,
    )
    for i, target in enumerate(class_names):
        tables["per_target"].append(
            {"cell": f"{key}/seed0", **arm, "decision": "argmax", "target": target,
             "train_count": float(counts[i]), "support": float(max(1, counts[i] // 5)),
             "recall": float(recall[i]), "precision": float(recall[i] * 0.95)}
        )  # fmt: skip
    confidence = (np.arange(15) + 0.5) / 15
    for stage, bend in (("raw", 0.8 + 2 * effect[0]), ("corrected", 0.08)):
        accuracy = confidence - bend * confidence * (1 - confidence) * 0.8
        for b in range(15):
            tables["reliability"].append(
                {"cell": f"{key}/seed0", **arm, "stage": stage, "bin": b,
                 "confidence": float(confidence[b]),
                 "accuracy": float(np.clip(accuracy[b] + rng.normal(0, 0.012), 0, 1)), "count": 590}
            )  # fmt: skip


def _trivial(tables, dataset, seeds, slices):  # type: ignore[no-untyped-def]
    place = {"dataset": dataset, "task": "category", "features": "text", "model": "NameMatch"}
    for seed in range(seeds):
        cell = f"{dataset}/category/stratified/text/NameMatch/none/seed{seed}"
        tables["cells"].append(
            {"cell": cell, **place, "split": "stratified", "strategy": "none", "seed": seed,
             "status": "done", "reason": "", "seconds": 0.4, "cpu_seconds": 0.4, "peak_mb": 300.0,
             "parameters": 0}
        )  # fmt: skip
        for axis, part in slices:
            tables["values"].append(
                {"cell": cell, **place, "split": "stratified", "strategy": "none", "seed": seed,
                 "decision": "argmax", "metric": "macro_f1", "slice_axis": axis, "slice": part,
                 "value": 0.41, "low": 0.4, "high": 0.42, "support": 8890.0}
            )  # fmt: skip


def _about(hostile: bool) -> dict[str, Any]:
    card = {
        "title": "Fashion products", "licence": "MIT", "language": "en",
        "citation": "Aggarwal, Fashion Product Images (2019)",
        "address": "https://example.org/fashion", "redistribution": "evaluation only",
        "personal_data": "none", "notes": "18,575 of 44,446 rows share their title with another.",
        "files": {"fashion.parquet": "9f" * 32},
    }  # fmt: skip
    return {
        "suite": HOSTILE[0] if hostile else "fashion",
        "suite_yaml": "name: fashion\ndatasets: [fashion, clothing_reviews]\nfeatures: [tfidf, minilm]\n"
        "models: [linear, mlp]\nstrategies:\n  - none\n  - LogitAdjusted(tau=1.0)\nseeds: 5\n",
        "command": "longshelf run suites/fashion.yaml",
        "versions": {"longshelf": "0.1.0", "python": "3.12.11", "torch": "2.13.0", "polars": "2.1.0"},
        "hashes": {"data": "a3" * 32, "code": "51" * 32},
        "machine": {"cores": 2, "memory_gb": 8.0, "system": "Linux"},
        "primary": "macro_f1",
        "datasets": {
            "fashion": {**card, "findings": FINDINGS + ([HOSTILE[1]] if hostile else [])},
            "clothing_reviews": {**card, "title": "Clothing reviews"},
        },
        "findings": FINDINGS,
        "directions": {"macro_f1": True, "log_loss": False, "ece": False},
        "started": "2026-11-21T13:40:00",
        "seconds": 2210.0,
    }  # fmt: skip
