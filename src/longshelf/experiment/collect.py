"""From the cells of a store to :class:`Results`."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import polars as pl

from longshelf.cache import digest
from longshelf.components import show
from longshelf.experiment.code import module_hash, package_hash
from longshelf.experiment.plan import Plan
from longshelf.experiment.store import Store
from longshelf.generators.ledger import summed
from longshelf.results import Results

__all__ = ["collect", "environment", "state"]

NAMES = ("cell", "dataset", "task", "split", "features", "model", "strategy", "seed")
COSTS = {
    "status": pl.String, "reason": pl.String, "seconds": pl.Float64, "cpu_seconds": pl.Float64,
    "fit_seconds": pl.Float64, "peak_mb": pl.Float64, "parameters": pl.Int64,
}  # fmt: skip
ASKED = {"requests": pl.Int64, "tokens": pl.Int64, "money": pl.Float64}
"""What a language model behind an address was asked, where one was."""
LIBRARIES = (
    "longshelf", "numpy", "scipy", "polars", "scikit-learn", "imbalanced-learn", "lightgbm",
    "torch", "lightning-fabric", "onnxruntime",
)  # fmt: skip


def collect(plan: Plan, store: Store, about: Mapping[str, Any]) -> Results:
    """Gather what is done of a plan, compare every arm with plain training.

    Parameters
    ----------
    plan : Plan
        The cells that were to run.
    store : Store
        Where those that ran are.
    about : mapping
        From :func:`environment`, with what the run adds.
    """
    done = store.done()
    known = [(cell, done[cell.key]) for cell in plan.cells if cell.key in done]
    finished = [cell for cell, said in known if said["status"] == "done"]
    cells = pl.DataFrame(
        [
            {
                **{name: said.get(name) for name in (*NAMES, *COSTS)},
                **_asked(said.get("language", {})),
            }
            for _, said in known
        ],
        schema={
            **{name: pl.Int64 if name == "seed" else pl.String for name in NAMES},
            **COSTS,
            **ASKED,
        },
    )
    tables = {
        name: _stacked(store, finished, name) for name in ("values", "per_target", "reliability")
    }
    main = _main_splits(plan)
    judged = [cell for cell in finished if show(cell.split) == main[cell.dataset, cell.task.title]]
    names = [cell.name for cell in judged]
    units = {cell.name: store.table(cell.key, "units") for cell in judged}
    from longshelf.metrics.directions import smaller_is_better
    from longshelf.statistics import compare_all

    task = plan.cells[0].task
    rivals = sorted({show(cell.model) for cell in plan.cells if _is_rival(cell.model)})
    comparisons = compare_all(
        _of(tables["values"], names), units, _of(cells, names), primary=task.primary,
        rivals=rivals, redrawn=all(cell.split.redrawn for cell in judged),
    )  # fmt: skip
    splits = pl.DataFrame(
        [(*key, split) for key, split in main.items()], schema=["dataset", "task", "split"],
        orient="row",
    )  # fmt: skip
    findings = sorted({text for _, said in known for text in said.get("findings", ())})
    return Results(
        values=tables["values"],
        cells=cells,
        comparisons=comparisons.join(splits, on=["dataset", "task"], how="left"),
        per_target=_averaged(_of(tables["per_target"], names), ("decision", "target")),
        reliability=_averaged(_of(tables["reliability"], names), ("stage", "bin")),
        examples=_examples(store, judged),
        about={
            **about,
            "primary": task.primary,
            "rivals": rivals,
            "directions": {
                metric: not smaller_is_better(metric)
                for metric in sorted(set(tables["values"]["metric"]))
            }
            if "metric" in tables["values"].columns
            else {},
            "warnings": sorted({text for _, said in known for text in said.get("warnings", ())}),
            "delivered": _delivered(known),
            "generated": _generated(known),
            "findings": findings,
            "code": state(plan, done),
        },
    )


def _asked(language: Mapping[str, float]) -> dict[str, float | None]:
    """Requests, tokens and money of a cell; None where no language model was asked."""
    if not language:
        return dict.fromkeys(ASKED)
    tokens = language["tokens_read"] + language["tokens_written"]
    return {
        "requests": language["requests"], "tokens": tokens, "money": language.get("money"),
    }  # fmt: skip


def state(plan: Plan, done: Mapping[str, Mapping[str, Any]]) -> str:
    """A hash of which cells of a plan are done, how they ended, and the code that compares them."""
    ended = sorted((cell.key, done[cell.key]["status"]) for cell in plan.cells if cell.key in done)
    return digest(ended, package_hash("longshelf.statistics"), module_hash(__name__))


def _main_splits(plan: Plan) -> dict[tuple[str, str], str]:
    """The first split of each data set and task: the one arms are compared on."""
    main: dict[tuple[str, str], str] = {}
    for cell in plan.cells:
        main.setdefault((cell.dataset, cell.task.title), show(cell.split))
    return main


def _of(table: pl.DataFrame, cells: Sequence[str]) -> pl.DataFrame:
    return table.filter(pl.col("cell").is_in(cells)) if "cell" in table.columns else table


def _is_rival(model: Any) -> bool:
    return bool(getattr(type(model), "trivial", False))


def _delivered(known: Sequence[tuple[Any, Mapping[str, Any]]]) -> dict[str, Any]:
    short = {}
    for cell, said in known:
        if said.get("delivered"):
            short[show(cell.strategy)] = {"targets": len(said["delivered"])}
    return short


def _generated(known: Sequence[tuple[Any, Mapping[str, Any]]]) -> dict[str, Any]:
    """What each strategy asked of generators over its cells, what came, and what was dropped."""
    entries: dict[str, list[Mapping[str, Any]]] = {}
    for cell, said in known:
        entries.setdefault(show(cell.strategy), []).extend(said.get("generated", {}).values())
    return {strategy: summed(own) for strategy, own in entries.items() if own}


def _examples(store: Store, cells: Sequence[Any]) -> pl.DataFrame:
    """Predictions to look at: those of each arm's first seed."""
    shown = [cell for cell in cells if cell.task.illustrated]
    first = {cell.seed for cell in shown[:1]}
    stacked = _stacked(store, [cell for cell in shown if cell.seed in first], "examples")
    return stacked if shown else pl.DataFrame()


def _stacked(store: Store, cells: Sequence[Any], name: str) -> pl.DataFrame:
    frames = []
    for cell in cells:
        columns = [pl.lit(value).alias(key) for key, value in cell.columns.items()]
        table = store.table(cell.key, name)
        frames.append(table.select(*columns, *table.columns))
    if not frames:
        return pl.DataFrame(schema=dict.fromkeys(NAMES, pl.String))
    return pl.concat(frames, how="diagonal_relaxed")


def _averaged(table: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    keys = ["dataset", "task", "features", "model", "strategy", *by]
    if table.height == 0 or not set(keys) <= set(table.columns):
        return table
    numbers = [
        name
        for name, kind in table.schema.items()
        if kind.is_numeric() and name not in (*keys, "seed")
    ]
    return table.group_by(keys, maintain_order=True).agg(pl.col(numbers).mean())


def environment(plan: Plan) -> dict[str, Any]:
    """What one needs to run the suite again, and to read its cost."""
    import psutil

    versions = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            versions[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return {
        "suite": plan.suite.name,
        "suite_about": plan.suite.about,
        "suite_yaml": plan.suite.text,
        "command": f"longshelf run suites/{plan.suite.name}.yaml",
        "versions": versions,
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        },
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "datasets": {
            name: {
                "rows": dataset.rows.height,
                "fingerprint": dataset.fingerprint,
                "title": dataset.card.title,
                "licence": dataset.card.licence,
                "citation": dataset.card.citation,
                "address": dataset.card.address,
                "language": dataset.card.language,
                "personal_data": dataset.card.personal_data,
                "redistribution": dataset.card.redistribution,
                "files": dict(dataset.card.files),
                "notes": dataset.card.notes,
                "findings": list(dataset.findings),
            }
            for name, dataset in plan.datasets.items()
        },
    }
