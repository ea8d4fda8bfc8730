"""``longshelf run``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from longshelf.cli import say
from longshelf.cli.data import (
    Categorical,
    Grade,
    Group,
    Item,
    Label,
    Numeric,
    Query,
    Sources,
    Targets,
    Text,
    Time,
    User,
)
from longshelf.errors import InputError

if TYPE_CHECKING:
    from longshelf.results import Results

__all__ = ["run"]


class Where(StrEnum):
    """Where cells run."""

    local = "local"
    ray = "ray"


def run(
    source: Annotated[
        str, typer.Argument(help="A suite (YAML), your own data file, or a data set by name.")
    ],
    out: Annotated[str | None, typer.Option(help="Folder or address; default runs/<name>.")] = None,
    within: Annotated[
        str | None, typer.Option(help="Time for the quick way on data: 90s, 2m, 1h.")
    ] = None,
    label: Label = None,
    text: Text = None,
    categorical: Categorical = None,
    numeric: Numeric = None,
    group: Group = None,
    time: Time = None,
    user: User = None,
    item: Item = None,
    query: Query = None,
    grade: Grade = None,
    sources: Sources = None,
    targets: Targets = None,
    miss_costs: Annotated[
        float | None, typer.Option(help="Cost of missing the rare class.")
    ] = None,
    false_alarm_costs: Annotated[float | None, typer.Option(help="Cost of a false alarm.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the cells and estimates only.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Run failed cells again.")] = False,
    workers: Annotated[
        int | None, typer.Option(help="Cells at once; default one per core, or a full cluster.")
    ] = None,
    executor: Annotated[Where, typer.Option(help="This machine, or a Ray cluster.")] = Where.local,
    address: Annotated[
        str | None, typer.Option(help="Of the cluster: auto, host:6379, ray://host:10001.")
    ] = None,
    cpus: Annotated[
        float | None, typer.Option(min=0.01, help="Of a cell, on a cluster; default 1.")
    ] = None,
    gpus: Annotated[
        float | None, typer.Option(min=0, help="Of a cell, on a cluster; default 0.")
    ] = None,
    memory_gb: Annotated[
        float | None, typer.Option(min=0, help="Of a cell, on a cluster, in GiB.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of the built-in data sets.")] = None,
) -> None:
    """Run a suite, or find the remedy that pays on your own data, and write the report."""
    import os

    if data is not None:
        os.environ["LONGSHELF_DATA"] = str(data)
    roles = (
        label, text, categorical, numeric, group, time, user, item, query, grade, sources, targets,
    )  # fmt: skip
    suite, given = _suite(source, within, roles, (miss_costs, false_alarm_costs))
    folder = out or f"runs/{suite.name}"
    if dry_run:
        _dry_run(suite, given, folder, retry=retry)
        return
    needs = {"cpus": cpus, "gpus": gpus, "memory_gb": memory_gb}
    chosen = _executor(executor, workers, address, needs, suite)
    results = _watched(suite, given, folder, chosen, retry=retry, within=within)
    _end(results, folder, quick=within is not None or not source.endswith((".yaml", ".yml")))


def _suite(
    source: str, within: str | None, roles: Any, costs: tuple[float | None, float | None]
) -> Any:
    from longshelf.experiment.suite import load_suite

    if source.endswith((".yaml", ".yml")):
        return load_suite(source), {}
    from longshelf.cli.data import open_data
    from longshelf.quickway import quick_suite

    dataset = open_data(source, *roles)
    say.text(*(f"  {finding}" for finding in dataset.findings))
    return quick_suite(dataset, within or "2m", miss=costs[0], false_alarm=costs[1]), {
        dataset.name: dataset
    }


def _executor(
    where: Where,
    workers: int | None,
    address: str | None,
    needs: dict[str, float | None],
    suite: Any,
) -> Any:
    given = {name: value for name, value in needs.items() if value is not None}
    if where is Where.ray:
        from longshelf.experiment.ray_executor import RayExecutor
        from longshelf.experiment.suite import Resources

        every = suite.resources.get("all", Resources()).model_copy(update=given)
        return RayExecutor(
            address=address, resources={**suite.resources, "all": every}, at_once=workers
        )
    if asked := [*(["address"] if address else []), *given]:
        flags = ", ".join("--" + name.replace("_", "-") for name in asked)
        raise InputError(f"{flags} only mean something on a cluster: add --executor ray")
    from longshelf.experiment.executor import LocalExecutor

    return LocalExecutor(workers=workers)


def _dry_run(suite: Any, given: Any, folder: str, *, retry: bool) -> None:
    from longshelf.cache import Cache
    from longshelf.experiment.estimate import estimate
    from longshelf.experiment.plan import make_plan
    from longshelf.experiment.rehearse import rehearse
    from longshelf.experiment.store import Store
    from longshelf.experiment.work import Worker

    plan, store = make_plan(suite, given), Store(folder)
    found = store.done().items()
    done = {key: said for key, said in found if not (retry and said["status"] == "failed")}
    for cell in plan.cells:
        state = done[cell.key]["status"] if cell.key in done else "to do"
        say.text(f"{state:>14}  {cell.name}")
    missing = [cell for cell in plan.cells if cell.key not in done]
    say.text(
        f"{len(plan.cells)} cells, {len(plan.cells) - len(missing)} done, {len(missing)} to do"
    )
    say.text(estimate(plan, done))
    say.text(rehearse(plan, done, Worker(plan.datasets, store, Cache.default())))


def _watched(
    suite: Any, given: Any, folder: str, executor: Any, *, retry: bool, within: str | None
) -> Results:
    from longshelf.cli.progress import Live
    from longshelf.experiment.run import run as run_suite
    from longshelf.experiment.store import Store

    limit = None
    if within is not None:
        from longshelf.quickway import in_seconds

        limit = in_seconds(within)
    with Live(suite.name, Store(folder).local) as live:
        return run_suite(
            suite,
            folder=folder,
            datasets=given,
            executor=executor,
            retry=retry,
            seconds=limit,
            watch=live,
        )


def _end(results: Results, folder: str, *, quick: bool) -> None:
    from longshelf.cli.boards import print_board
    from longshelf.experiment.store import Store

    status = results.cells["status"].value_counts()
    counts = dict(zip(status["status"], status["count"], strict=True))
    primary = results.about["primary"]
    if results.values.height:
        slices = set(results.values["slice"])
        costly = primary == "expected_cost"
        how = ", decided by expected cost" if costly else ""
        for name in ("tail", "all") if "tail" in slices else ("all",):
            board = results.leaderboard(primary, name, decision="tuned" if costly else None)
            print_board(board, f"{primary} on {name}{how}", "table", most=15)
        say.text("+ above, − below, ~ not told apart from plain training, ? too few seeds", "")
        path = Store(folder).publish(results)
        from longshelf.report import plain_words

        say.text(*plain_words(results.comparisons, results.cells, primary), "")
        say.text(f"report: {path}")
    say.text(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    if quick:
        say.text(f"next: longshelf leaderboard {folder} --slice all --metric {primary}")
    if counts.get("failed"):
        failed = results.cells.filter(results.cells["status"] == "failed")
        for row in failed.head(5).to_dicts():
            say.text(f"  failed: {row['cell']}: {row['reason']}")
        raise typer.Exit(1)
