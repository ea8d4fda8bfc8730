"""A cell of the task generate as a writer that stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from longshelf.artifact.card import write_card
from longshelf.artifact.compression import Compression
from longshelf.artifact.describe import data_of, finite, latency, limits_of, slices_of
from longshelf.artifact.folder import assemble, drafted
from longshelf.artifact.found import Found, check_model
from longshelf.artifact.refit import Refit, refit
from longshelf.artifact.size import size_of
from longshelf.artifact.writer import CATEGORY, TextWriter, read_writer, write_writer
from longshelf.cache import Cache
from longshelf.errors import InputError
from longshelf.metrics.texts.evaluate import REAL
from longshelf.models.generate.asked import Asked

__all__ = ["export_texts"]

WHOLE = ("FittedTemplates", "FittedWriter", "FittedGpt")
"""Fits that hold all they write from."""

SHOWN = {
    "quality": ("chrf", "rouge_l", "perplexity"),
    "faithfulness": ("attribute_coverage", "contradiction", "class_consistency"),
    "diversity": ("distinct@1", "distinct@2", "self_bleu@3", "copied"),
}
"""Metrics on the card, by what they are about."""

LIMITS = (
    "Texts are made of what training texts say, brands and promises included: read one before it is "
    "published.",
    "The check in each answer looks values up as whole words. It finds another colour; it does not "
    "find an untrue claim about something nobody asked for.",
)
SOME = 200
CALLS = 50


def export_texts(
    found: Found,
    folder: str | Path,
    compression: Compression,
    cache: Cache,
    *,
    replace: bool,
) -> Path:
    """Fit a writer again, hold its texts against the run's, and freeze it.

    Parameters
    ----------
    found : Found
        A cell of the task ``generate``.
    folder, compression, cache, replace
        As for :func:`~longshelf.artifact.export.export`.

    Raises
    ------
    InputError
        If the model does not hold all it writes from, texts differ, or weights shall be packed.
    """
    cell, parts = found.cell, found.parts
    check_model(
        found, WHOLE,
        "cannot be frozen: it asks a language model that is not part of it, or repeats training texts",
    )  # fmt: skip
    if compression:
        raise InputError(
            "texts drawn from rounded weights are other texts, which no gate can compare row by "
            "row; export a writer without int8 and prune"
        )
    made = refit(parts, cell.features, cell.model, cell.strategy, lambda: cell.rng, cache)
    _check_texts(found, made)
    codes = np.asarray(made.features.transform(parts.test))
    asked = Asked.of(parts.train, parts.targets)
    slices = [("head", "torso", "tail")[code] for code in parts.slices.of]

    def write(beside: Path) -> None:
        write_writer(
            beside, asked=asked, fitted=made.fitted, reads=codes.shape[1] > 1, slices=slices
        )
        read = read_writer(drafted(beside), card={})
        if (read.fitted.write(codes[:SOME]) != made.fitted.write(codes[:SOME])).any():
            raise InputError(
                "what was frozen writes other texts than what was fitted; this is a fault of "
                "longshelf, and nothing was written"
            )
        write_card(beside, _card(found, made, read, beside))

    return assemble(folder, "write", cell.name, write, replace=replace)


def _check_texts(found: Found, made: Refit) -> None:
    """Hold the texts against those the run kept to be looked at."""
    task: Any = found.parts.problem.task
    before = found.store.table(found.key, "examples")
    now = task.examples(np.asarray(made.learned.outputs["texts"]), found.parts)
    same = before.height == now.height and (before["text"] == now["text"]).sum() == now.height
    if not same:
        raise InputError(
            f"fitted again, {found.cell.name} writes other texts than the run kept. The data, the "
            "code or the libraries changed; run the suite again"
        )


def _card(found: Found, made: Refit, read: TextWriter, beside: Path) -> dict[str, Any]:
    parts = found.parts
    draws = np.random.default_rng(0).integers(0, len(parts.test), CALLS).tolist()
    stated: list[Mapping[str, str]] = [
        {name: value for name, value in row.items() if value is not None}
        for row in parts.test.inputs.iter_rows(named=True)
    ]

    def answer(at: int) -> Any:
        own = dict(stated[at])
        return read.write(own.pop(CATEGORY), own)

    told = list(read.asked.attributes) if read.reads else []
    return {
        "name": found.cell.name,
        "does": f"Writes {parts.problem.task.title.removeprefix('generate ')} for one of "
        f"{len(read.categories)} categories from {', '.join(told) or 'the category alone'}; the "
        "same question gets the same text.",
        "data": data_of(found.dataset),
        "cell": dict(found.cell.columns),
        "parts": {
            "training_rows": len(parts.train), "fitted_rows": made.learned.about["rows"],
            "validation_rows": len(parts.valid), "test_rows": len(parts.test),
        },
        "slices": slices_of(parts),
        "metrics": _metrics(found),
        "limits": [*limits_of(found), *LIMITS],
        "size": size_of(beside, made.fitted.parameters),
        "latency": latency(answer, draws),
    }  # fmt: skip


def _metrics(found: Found) -> list[dict[str, Any]]:
    """Quality, faithfulness and diversity on all rows and by slice, the real texts' value beside."""
    on = ["metric", "slice_axis", "slice"]
    values = found.values.filter(
        pl.col("slice_axis").is_in(["all", "target"]) & pl.col("value").is_finite()
    )
    real = values.filter(decision=REAL).select(*on, pl.col("value").alias("real"))
    both = values.filter(decision="score").join(real, on=on, how="left", maintain_order="left")
    columns = ["metric", "slice", "value", "low", "high", "real", "support"]
    return [
        {"about": about, **finite(line)}
        for about, names in SHOWN.items()
        for metric in names
        for line in both.filter(metric=metric).select(columns).to_dicts()
    ]
