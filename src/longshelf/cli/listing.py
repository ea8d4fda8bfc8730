"""``longshelf list``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from longshelf.cli import say

__all__ = ["show_list"]


class What(StrEnum):
    """What can be listed."""

    datasets = "datasets"
    tasks = "tasks"
    splits = "splits"
    features = "features"
    models = "models"
    strategies = "strategies"
    metrics = "metrics"
    suites = "suites"


def show_list(
    what: Annotated[What, typer.Argument(help="What to list.")],
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List the data sets, tasks, splits, features, models, strategies, metrics or suites."""
    rows = _suites() if what is What.suites else _components(what.value)
    if json:
        say.as_json(rows)
        return
    columns = list(rows[0]) if rows else ["name"]
    say.table("", columns, [[row[column] for column in columns] for row in rows])


def _components(kinds: str) -> list[dict[str, Any]]:
    from longshelf.catalogue import describe

    singular = {"strategies": "strategy", "features": "features"}.get(kinds, kinds.rstrip("s"))
    return [entry.row for entry in describe(singular)]


def _suites() -> list[dict[str, Any]]:
    from pathlib import Path

    from longshelf.experiment.suite import load_suite

    found = sorted(Path("suites").glob("*.yaml"))
    loaded = [(path, load_suite(path)) for path in found]
    return [{"name": suite.name, "file": str(path), "about": suite.about} for path, suite in loaded]
