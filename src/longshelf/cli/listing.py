"""``longshelf list``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from longshelf.cli import say

__all__ = ["show_list"]


KINDS = {
    "datasets": "dataset", "tasks": "task", "splits": "split", "features": "features",
    "models": "model", "strategies": "strategy", "metrics": "metric", "generators": "generator",
    "filters": "filter", "trackers": "tracker",
}  # fmt: skip
"""What the components of a kind are called together."""


def show_list(
    what: Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}, suites.")],
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List what can be named: data sets, tasks, splits, features, models, strategies and so on."""
    from longshelf.errors import unknown

    if what not in (*KINDS, "suites"):
        raise unknown("kind of listing", what, (*KINDS, "suites"))
    rows = _suites() if what == "suites" else _components(KINDS[what])
    if json:
        say.as_json(rows)
        return
    columns = list(rows[0]) if rows else ["name"]
    say.table("", columns, [[row[column] for column in columns] for row in rows])


def _components(kind: str) -> list[dict[str, Any]]:
    from longshelf.catalogue import describe

    return [entry.row for entry in describe(kind)]


def _suites() -> list[dict[str, Any]]:
    from pathlib import Path

    from longshelf.experiment.suite import load_suite

    found = sorted(Path("suites").glob("*.yaml"))
    loaded = [(path, load_suite(path)) for path in found]
    return [{"name": suite.name, "file": str(path), "about": suite.about} for path, suite in loaded]
