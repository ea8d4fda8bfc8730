"""Run a suite to the end, or as far as it is let; running it again goes on from there."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from longshelf.cache import Cache
from longshelf.errors import LongShelfError, Unavailable
from longshelf.experiment.collect import collect, environment, state
from longshelf.experiment.executor import Executor, LocalExecutor
from longshelf.experiment.plan import Plan, make_plan
from longshelf.experiment.store import Store
from longshelf.experiment.suite import Suite, load_suite
from longshelf.experiment.work import Report, Worker
from longshelf.results import Results
from longshelf.tables import Dataset

__all__ = ["Progress", "prefetch", "run"]


@dataclass
class Progress:
    """Where a run stands.

    Parameters
    ----------
    total : int
        Cells of the plan.
    before : int
        Cells that were done when it started.
    """

    total: int
    before: int
    started: float = field(default_factory=time.monotonic)
    done: int = 0
    failed: int = 0
    not_applicable: int = 0
    best: tuple[float, str] | None = None
    stage: str = ""

    def add(self, report: Report) -> None:
        """Count one more cell."""
        self.done += report.status == "done"
        self.failed += report.status == "failed"
        self.not_applicable += report.status == "not applicable"
        if report.tail is not None and (self.best is None or report.tail > self.best[0]):
            self.best = (report.tail, report.cell)

    @property
    def left(self) -> int:
        """Cells still to come."""
        return self.total - self.before - self.done - self.failed - self.not_applicable

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the pace so far; None before the first cell."""
        finished = self.total - self.before - self.left
        if not finished:
            return None
        return (time.monotonic() - self.started) / finished * self.left


Watch = Callable[[Progress, Report | None], None]


def run(
    suite: Suite | str | Path | Mapping[str, Any],
    *,
    folder: str | None = None,
    datasets: Mapping[str, Dataset] | None = None,
    executor: Executor | None = None,
    cache: Cache | None = None,
    retry: bool = False,
    seconds: float | None = None,
    watch: Watch | None = None,
) -> Results:
    """Run every cell of a suite that is not done yet, and gather the results.

    Parameters
    ----------
    suite : Suite, path or mapping
        What to run.
    folder : str or None
        Where cells are stored; None is ``runs/<suite name>``; any fsspec address.
    datasets : mapping of name to Dataset, optional
        Data the suite may name besides the built-in ones.
    executor : Executor or None
        None runs processes on this machine.
    cache : Cache or None
        None is the user's cache folder.
    retry : bool, default False
        Run failed cells again.
    seconds : float or None
        Stop after about this long and gather what is done; None runs to the end.
    watch : callable or None
        Told of every finished cell.

    Returns
    -------
    Results

    Raises
    ------
    InputError, Unavailable
        If the suite or its data cannot be used; nothing has run then.
    """
    started = time.monotonic()
    suite = suite if isinstance(suite, Suite) else load_suite(suite)
    plan = make_plan(suite, datasets)
    store = Store(folder or f"runs/{suite.name}")
    cache = cache or Cache.default()
    about = environment(plan)
    reports = execute(plan, store, cache, executor or LocalExecutor(), retry=retry, watch=watch)
    for _ in reports:
        if seconds is not None and time.monotonic() - started > seconds:
            reports.close()
    return gather(plan, store, {**about, "seconds": time.monotonic() - started})


def execute(
    plan: Plan,
    store: Store,
    cache: Cache,
    executor: Executor,
    *,
    retry: bool = False,
    watch: Watch | None = None,
) -> Generator[Report, None, None]:
    """Run what is missing of a plan; reports come as cells finish."""
    done = store.done()
    if retry:
        for key in [key for key, said in done.items() if said["status"] == "failed"]:
            store.drop(key)
            del done[key]
    for tracker in plan.trackers:
        tracker.prepare(store)
    store.sweep()
    store.put("suite.yaml", plan.suite.text.encode())
    missing = [job for job in plan.jobs if any(cell.key not in done for cell in job)]
    progress = Progress(len(plan.cells), sum(cell.key in done for cell in plan.cells))
    worker = Worker(plan.datasets, store, cache, plan.suite.predictions, plan.trackers)
    if missing:
        prefetch(plan, worker, missing, progress, watch)
    progress.started = time.monotonic()
    for report in executor.run(missing, worker):
        progress.add(report)
        if watch:
            watch(progress, report)
        yield report


def prefetch(
    plan: Plan, worker: Worker, jobs: list[Any], progress: Progress, watch: Watch | None
) -> None:
    """Compute what all cells of a data set share, once, with every core, before workers start.

    An error is left to the cells: they meet it again and store it.
    """
    from longshelf.features import compute

    seen = set()
    for job in jobs:
        cell = job[0]
        if not type(cell.features).stateless:
            continue
        key = (cell.fingerprint, repr(cell.features))
        if key in seen:
            continue
        seen.add(key)
        progress.stage = f"encoding {cell.dataset} with {cell.features}"
        if watch:
            watch(progress, None)
        rows = worker.problem(cell).rows
        schema = plan.datasets[cell.dataset].schema
        try:
            compute(cell.features, schema, rows, (rows,), worker.cache)
        except LongShelfError:
            continue
    progress.stage = ""


def gather(plan: Plan, store: Store, about: Mapping[str, Any]) -> Results:
    """Results of a store; read back as they are if no cell came since."""
    stamp = state(plan, store.done())
    try:
        kept = Results.read(store.local or store.address)
    except Unavailable:
        kept = None
    if kept is not None and kept.about.get("code") == stamp:
        return kept
    results = collect(plan, store, about)
    if store.local is not None:
        results.write(store.local)
        return results
    for name, content in results.files.items():
        store.put(name, content)
    return results
