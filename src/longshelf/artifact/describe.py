"""What a card says of a cell: its data, its figures by slice, its limits, its cost to serve."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from longshelf.artifact.found import Found
from longshelf.tables import Dataset
from longshelf.tasks.base import Parts

__all__ = ["data_of", "finite", "latency", "limits_of", "metrics_of", "slices_of"]

SHOWN = (
    "accuracy", "macro_f1", "macro_recall", "balanced_accuracy", "auroc", "log_loss", "brier",
    "ece", "expected_cost",
)  # fmt: skip
LISTED = ("ndcg", "recall", "hit_rate", "mrr", "coverage", "gini")
FEW = 30
"""Test rows of a slice under which its figures are called uncertain."""


def data_of(dataset: Dataset) -> dict[str, Any]:
    """Title, licence and all that a user of the model must know of its data."""
    card = dataset.card
    return {
        "name": dataset.name, "title": card.title, "licence": card.licence,
        "redistribution": card.redistribution, "citation": card.citation, "address": card.address,
        "language": card.language, "personal_data": card.personal_data, "notes": card.notes,
        "rows": dataset.rows.height, "fingerprint": dataset.fingerprint,
    }  # fmt: skip


def metrics_of(found: Found, decision: str) -> list[dict[str, Any]]:
    """Stored figures on all rows and by slice and group, the primary metric first."""
    primary = found.parts.problem.task.primary
    stem = pl.col("metric").str.extract(r"^([^@(]+)")
    kept = found.values.filter(
        pl.col("decision").is_in([decision, "score", "corrected", "list"])
        & pl.col("value").is_not_null()
        & (stem.is_in(SHOWN + LISTED) | (pl.col("metric") == primary))
        & (pl.col("slice_axis").is_in(["all", "target"]) | (pl.col("metric") == primary))
    )
    first = (pl.col("metric") != primary).cast(pl.Int8)
    ordered = kept.sort(first, "metric", "slice_axis", maintain_order=True)
    columns = ("metric", "slice_axis", "slice", "value", "low", "high", "support")
    return [finite(line) for line in ordered.select(columns).to_dicts()]


def finite(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a table, with nothing where a number is not finite: JSON has no such numbers."""
    return {
        name: None if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in line.items()
    }


def slices_of(parts: Parts) -> list[dict[str, Any]]:
    """How many targets each slice has, and the training rows they had."""
    natural = parts.targets.natural
    return [
        {"slice": name, "targets": int(mask.sum()), "training_rows": int(natural[mask].sum())}
        for name, mask in parts.slices.members.items()
    ]


def limits_of(found: Found) -> list[str]:
    """What the figures do not say, in sentences."""
    parts, dataset = found.parts, found.dataset
    said = [
        f"Measured on {len(parts.test):,} held-out rows of {dataset.card.title}; other shops, "
        "languages and times were not tried.",
        f"Slices are cut by training counts, rule {found.cell.rule}: a target counts as tail by how "
        "often it was met, whatever its worth.",
    ]
    cold = int((parts.targets.natural == 0).sum())
    if cold:
        said.append(f"{cold} of {len(parts.targets)} targets had no training row.")
    thin = found.values.filter(
        pl.col("slice_axis") == "target", pl.col("support") < FEW
    )["slice"].unique().sort().to_list()  # fmt: skip
    if thin:
        said.append(f"Fewer than {FEW} test rows in {', '.join(thin)}: read intervals, not values.")
    if dataset.card.redistribution != "allowed":
        said.append(f"Rows of the data may not be passed on ({dataset.card.redistribution}).")
    return said


def latency(call: Callable[[int], Any], calls: Sequence[int]) -> dict[str, Any]:
    """Median and 95% quantile of single calls, in milliseconds, the first few left out.

    Parameters
    ----------
    call : callable
        Answers one request, told which.
    calls : sequence of int
        The requests.
    """
    for at in calls[:5]:
        call(at)
    spent = []
    for at in calls:
        began = time.perf_counter()
        call(at)
        spent.append(1000 * (time.perf_counter() - began))
    low, high = np.quantile(spent, [0.5, 0.95])
    return {
        "median_ms": round(float(low), 4), "p95_ms": round(float(high), 4), "calls": len(spent),
        "rows_per_call": 1, "processor": _processor(),
    }  # fmt: skip


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(
            line.partition(":")[2].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
