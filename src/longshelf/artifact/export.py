"""From a finished cell to an artifact: fitted again, held against what the run stored, frozen."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from longshelf.artifact.card import write_card
from longshelf.artifact.classifier import Classifier, read_classifier, write_classifier
from longshelf.artifact.compression import Compression
from longshelf.artifact.describe import (
    data_of,
    latency,
    limits_of,
    metrics_of,
    slices_of,
)
from longshelf.artifact.folder import assemble, drafted
from longshelf.artifact.found import Found, find
from longshelf.artifact.parity import check_par, compare
from longshelf.artifact.refit import Refit, refit
from longshelf.artifact.schema import schema_of
from longshelf.artifact.size import size_of
from longshelf.cache import Cache
from longshelf.errors import InputError, unknown
from longshelf.features import FittedFeatures
from longshelf.learning import after, watched
from longshelf.metrics import evaluate
from longshelf.metrics.measured import Measured
from longshelf.tables import Dataset, Rows, Scored
from longshelf.tasks import Classify, Generate, Rank
from longshelf.tasks.base import Parts
from longshelf.tasks.deciding import DECISIONS

__all__ = ["export"]

CLOSE = 1e-4
"""Largest difference of a score that counts as none: another number of threads may round otherwise."""

CALLS = 200


def export(
    run: str,
    cell: str,
    folder: str | Path,
    *,
    decision: str | None = None,
    compression: Compression | None = None,
    margin: float = 0.01,
    key: bytes | None = None,
    datasets: Mapping[str, Dataset] | None = None,
    cache: Cache | None = None,
    replace: bool = False,
) -> Path:
    """Freeze the winner of a run as a folder that stands alone.

    Parameters
    ----------
    run : str
        A run's folder or address.
    cell : str
        Its name as tables print it, or its key.
    folder : str or Path
        Where the artifact shall lie.
    decision : {"argmax", "tuned"} or None
        What a classifier decides by; None is ``tuned`` where the task has costs, else ``argmax``.
    compression : Compression or None
        Of the weights; ships only through the parity gate.
    margin : float, default 0.01
        Of the gate, in units of the primary metric.
    key : bytes or None
        Makes pseudonyms of user ids; needed for a recommender.
    datasets : mapping of name to Dataset, optional
        Data the suite cannot name by itself.
    cache : Cache or None
        For features; None is the user's cache folder.
    replace : bool, default False
        Take the place of an artifact that is there.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If the cell cannot be found, fitted alike, frozen, or compressed within the margin.
    NotApplicable, Unavailable
        As the fit raises them.
    """
    found = find(run, cell, datasets)
    task = found.parts.problem.task
    chosen, kept = compression or Compression(), cache or Cache.default()
    if isinstance(task, Classify):
        asked = decision or ("argmax" if task.costs is None else "tuned")
        if asked not in DECISIONS:
            raise unknown("decision", asked, DECISIONS)
        return _classifier(found, folder, asked, chosen, margin, kept, replace=replace)
    if isinstance(task, Rank):
        from longshelf.artifact.export_lists import export_lists

        return export_lists(found, folder, key, chosen, margin, kept, replace=replace)
    if isinstance(task, Generate):
        from longshelf.artifact.export_texts import export_texts

        return export_texts(found, folder, chosen, kept, replace=replace)
    raise InputError(
        f"a cell of the task {task.title} cannot be exported; classify, rank and generate can"
    )


def _classifier(
    found: Found,
    folder: str | Path,
    decision: str,
    compression: Compression,
    margin: float,
    cache: Cache,
    *,
    replace: bool,
) -> Path:
    cell, parts = found.cell, found.parts
    made = refit(parts, cell.features, cell.model, cell.strategy, lambda: cell.rng, cache)
    task: Any = parts.problem.task
    valid, remedy = watched(made.learned, parts), after(cell.strategy)
    deciding = task.deciding(made.learned.outputs, parts, valid, remedy)
    whole = deciding.scored(parts.test, np.asarray(made.learned.outputs["test"]))
    check_alike(found, whole)
    columns = read_columns(made.features, parts.test)
    inputs = parts.problem.rows.inputs
    schema = schema_of(inputs, parts.problem.reads, columns)
    parts_of = {
        "features": made.features, "fitted": made.fitted, "deciding": deciding,
        "decision": decision, "slices": _slices(parts), "schema": schema,
    }  # fmt: skip

    def write(beside: Path) -> None:
        write_classifier(beside, **parts_of, compression=compression)
        read = read_classifier(drafted(beside), card={})
        card = _card(found, made, decision, read, beside)
        scored = read.scored(parts.test)
        if compression:
            card["gate"] = _gate(parts, whole, scored, decision, margin, compression)
            card["compression"] = _compressed(parts, parts_of, read, card, compression)
        else:
            _check_frozen(whole, scored)
        write_card(beside, card)

    return assemble(folder, "classify", cell.name, write, replace=replace)


def _compressed(
    parts: Parts,
    parts_of: Mapping[str, Any],
    read: Classifier,
    card: Mapping[str, Any],
    how: Compression,
) -> dict[str, Any]:
    """What compression brought, measured here: bytes, and the time of a call."""
    whole = dataclasses.replace(read, fitted=parts_of["fitted"])
    with tempfile.TemporaryDirectory() as beside:
        write_classifier(Path(beside), **parts_of)
        before = size_of(Path(beside), card["size"]["parameters"])["bytes"]
    rows = parts.test.inputs.select(list(read.schema["properties"]))
    return {
        "int8": how.int8, "pruned_share": how.prune, "bytes_before": before,
        "bytes": card["size"]["bytes"], "median_ms": card["latency"]["median_ms"],
        "median_ms_before": latency(
            lambda at: whole.classify(rows[at]), _calls(rows.height)
        )["median_ms"],
        "note": "Weights are unpacked once, at load, and answers computed in float32 as before; "
        "the metrics above are those of the whole model, the gate says what changed.",
    }  # fmt: skip


def _calls(rows: int) -> list[int]:
    drawn: list[int] = np.random.default_rng(0).integers(0, rows, CALLS).tolist()
    return drawn


def check_alike(found: Found, now: Scored) -> None:
    """Hold a fit against the predictions the run stored.

    Raises
    ------
    InputError
        If they differ, saying by how much.
    """
    name = found.cell.name
    if not found.plan.suite.predictions:
        raise InputError(
            f"the run kept no predictions (predictions: false), so the fit of {name} cannot be "
            "held against anything; run the suite with predictions"
        )
    kept = found.store.table(found.key, "predictions")
    if not np.array_equal(kept["id"].to_numpy(), now.rows.id):
        raise InputError(
            f"the test part of {name} holds other rows than in the run: the data or the split "
            "changed; run the suite again"
        )
    worst = max(
        float(np.abs(np.asarray(kept[part].to_numpy()) - held.astype(np.float32)).max())
        for part, held in (("scores", now.scores), ("corrected", now.corrected))
    )
    turned = [
        int((kept[which].to_numpy() != now.decisions[which]).sum())
        for which in DECISIONS
        if which in kept.columns
    ]
    if worst > CLOSE or any(turned):
        raise InputError(
            f"fitted again, {name} gives other predictions than the run stored: scores differ by up "
            f"to {worst:.3g}, {max(turned, default=0):,} of {len(now.rows):,} decisions turned. "
            "The code or the libraries changed; run the suite again"
        )


def _check_frozen(before: Scored, after: Scored) -> None:
    worst = float(np.abs(before.scores - after.scores).max())
    if worst > CLOSE:
        raise InputError(
            f"what was frozen scores differently from what was fitted, by up to {worst:.3g}; "
            "this is a fault of longshelf, and nothing was written"
        )


def read_columns(features: FittedFeatures, rows: Rows) -> list[str]:
    """The input columns that features cannot do without."""
    some = rows.take(np.arange(min(2, len(rows))))
    needed = []
    for name in some.inputs.columns:
        try:
            features.transform(dataclasses.replace(some, inputs=some.inputs.drop(name)))
        except (InputError, pl.exceptions.ColumnNotFoundError):
            needed.append(name)
    return needed


def _slices(parts: Parts) -> list[str]:
    return [("head", "torso", "tail")[code] for code in parts.slices.of]


def _card(
    found: Found, made: Refit, decision: str, read: Classifier, beside: Path
) -> dict[str, Any]:
    parts = found.parts
    rows = parts.test.inputs.select(list(read.schema["properties"]))
    return {
        "name": found.cell.name,
        "does": f"Tells {len(parts.targets)} targets of {parts.problem.task.title} apart, decided "
        f"by {decision}; probabilities are calibrated.",
        "data": data_of(found.dataset),
        "cell": {**found.cell.columns, "decision": decision},
        "parts": {
            "training_rows": len(parts.train), "fitted_rows": made.learned.about["rows"],
            "validation_rows": len(parts.valid), "test_rows": len(parts.test),
        },
        "slices": slices_of(parts),
        "metrics": metrics_of(found, decision),
        "limits": limits_of(found),
        "size": size_of(beside, made.fitted.parameters),
        "latency": latency(lambda at: read.classify(rows[at]), _calls(rows.height)),
    }  # fmt: skip


def _gate(
    parts: Parts,
    full: Scored,
    small: Scored,
    decision: str,
    margin: float,
    compression: Compression,
) -> list[dict[str, Any]]:
    primary = parts.problem.task.primary
    found = compare(
        measured(full, parts), measured(small, parts), metric=primary, decision=decision,
        margin=margin,
    )  # fmt: skip
    how = {
        "metric": primary,
        "margin": margin,
        "int8": compression.int8,
        "pruned": compression.prune,
    }
    return [{**how, **line} for line in check_par(found, primary, margin)]


def measured(scored: Scored, parts: Parts) -> Measured:
    """The primary metric of the task, by slice, with influences."""
    task: Any = parts.problem.task
    costs = None if task.costs is None else task._matrix(parts.targets)
    return evaluate(
        scored, parts.targets, parts.slices, metrics=[], primary=task.primary, costs=costs
    )
