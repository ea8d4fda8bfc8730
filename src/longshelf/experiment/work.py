"""What a worker does with the cells that share a fit; any executor runs it."""

from __future__ import annotations

import json
import os
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from longshelf.cache import Cache, Latest
from longshelf.curves import telling
from longshelf.errors import LongShelfError, NotApplicable
from longshelf.experiment.cell import Cell
from longshelf.experiment.plan import grouped
from longshelf.experiment.store import Store
from longshelf.language.spending import spending
from longshelf.learning import Learned, after, ask_again, conclude, fitting, learn
from longshelf.tables import Dataset, Predictions
from longshelf.tasks.base import Parts, Problem, divide
from longshelf.tracking import Tracker
from longshelf.tracking.diaries import Diaries
from longshelf.unfinished import resumable

__all__ = ["Report", "Worker"]

FIRST = ("argmax", "score")
"""Decisions that no remedy has moved."""


@dataclass(frozen=True)
class Report:
    """What became of one cell.

    Parameters
    ----------
    key, cell : str
    status : {"done", "failed", "not applicable", "busy"}
    reason : str
    seconds : float
    tail : float or None
        The primary metric on the tail, arg max.
    fitted : bool
        A model was fitted for it; False where the fit was shared or cached.
    """

    key: str
    cell: str
    status: str
    reason: str = ""
    seconds: float = 0.0
    tail: float | None = None
    fitted: bool = False


@dataclass
class Worker:
    """Runs jobs against one store.

    Parameters
    ----------
    datasets : mapping of name to Dataset
    store : Store
    cache : Cache
    predictions : bool
        Keep test scores.
    trackers : sequence of Tracker
        Told of every fit while it learns, and of every cell when it ends.
    """

    datasets: Mapping[str, Dataset]
    store: Store
    cache: Cache
    predictions: bool = True
    trackers: Sequence[Tracker] = ()
    _problems: Latest = field(default_factory=lambda: Latest(2), repr=False)
    _parts: Latest = field(default_factory=lambda: Latest(2), repr=False)

    def run(self, job: Sequence[Cell]) -> list[Report]:
        """Fit once, then finish every cell that asks the same learner."""
        with self.store.lock(job[0].learn_key) as mine:
            open_cells = [cell for cell in job if not self.store.has(cell.key)]
            if not open_cells:
                return []
            if not mine:
                return [Report(cell.key, cell.name, "busy") for cell in open_cells]
            reports: list[Report] = []
            learned: Learned | None = None
            for cells in grouped(open_cells, "fit_key"):
                done, learned = self._run(cells, learned)
                reports += done
            return reports

    def _run(
        self, cells: Sequence[Cell], before: Learned | None
    ) -> tuple[list[Report], Learned | None]:
        """Finish cells of one fit; ``before`` is what the same learner gave on another test part."""
        diaries = [Diaries(self.trackers, self.store, cell) for cell in cells]
        with spending() as spent:
            first, meter = cells[0], _Meter(spent)
            try:
                parts = self.parts(first)
                learned = self._learned(first, parts, before, diaries[0])
            except Exception as error:
                pairs = zip(cells, diaries, strict=True)
                return [self._stopped(cell, error, meter, own) for cell, own in pairs], before
        reports = [
            self._finish(cell, parts, learned, meter, own)
            for cell, own in zip(cells, diaries, strict=True)
        ]
        return reports, before if learned.fitted is None else learned

    def give_up(self, job: Sequence[Cell], error: Exception) -> list[Report]:
        """Store the same failure for every cell of a job that is still open."""
        open_cells = [cell for cell in job if not self.store.has(cell.key)]
        return [
            self._stopped(cell, error, _Meter({}), Diaries(self.trackers, self.store, cell))
            for cell in open_cells
        ]

    def problem(self, cell: Cell) -> Problem:
        """The data set seen through the cell's task."""
        key = (cell.fingerprint, repr(cell.task))
        made: Problem = self._problems.of(key, lambda: cell.task.pose(self.datasets[cell.dataset]))
        return made

    def parts(self, cell: Cell) -> Parts:
        """The problem divided by the cell's split and seed."""
        key = (cell.fingerprint, repr(cell.task), repr(cell.split), cell.seed, cell.rule)
        made: Parts = self._parts.of(
            key, lambda: divide(self.problem(cell), cell.split, cell.seed, cell.rule)
        )
        return made

    def _learned(
        self, cell: Cell, parts: Parts, before: Learned | None, diaries: Diaries
    ) -> Learned:
        kept = self.cache.get(cell.fit_key)
        if kept is not None:
            about = json.loads(bytes(kept["about"]))
            return Learned(
                {k: v for k, v in kept.items() if k != "about"}, {**about, "cached": True}
            )
        strategy = fitting(cell.task, cell.strategy)
        learned = before and ask_again(before, parts, cell.features, strategy, self.cache)
        if learned is None:
            cell.model.check(strategy, parts.targets)  # no diary is opened for what cannot run
            diaries.begin()
            here = self.cache.folder / "unfinished" / cell.fit_key
            with resumable(here), telling(diaries.log):
                learned = learn(parts, cell.features, cell.model, strategy, cell.rng, self.cache)
        about_bytes = np.frombuffer(json.dumps(dict(learned.about)).encode(), dtype=np.uint8)
        self.cache.put(cell.fit_key, {**learned.outputs, "about": about_bytes})
        return learned

    def _finish(
        self, cell: Cell, parts: Parts, learned: Learned, meter: _Meter, diaries: Diaries
    ) -> Report:
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            predicted = conclude(learned, parts, after(cell.strategy))
            measured = parts.problem.task.measure(predicted, parts)
        except Exception as error:
            return self._stopped(cell, error, meter, diaries)
        spent = time.perf_counter() - wall, time.process_time() - cpu
        about = {
            **cell.columns,
            "status": "done",
            "reason": "",
            "seconds": learned.about["seconds"] + spent[0],
            "cpu_seconds": learned.about["cpu_seconds"] + spent[1],
            "fit_seconds": learned.about.get("fit_seconds", learned.about["seconds"]),
            "peak_mb": meter.peak_mb(),
            "parameters": learned.about["parameters"],
            "language": learned.about.get("language", {}),
            "rows": learned.about["rows"],
            "delivered": learned.about["delivered"],
            "generated": learned.about["generated"],
            "warnings": learned.about["warnings"],
            "findings": list(parts.findings),
            "shared_fit": cell.fit_key,
        }
        tables = {
            "values": measured.values,
            "units": measured.units,
            "per_target": measured.per_target,
            "reliability": measured.reliability,
        }
        if parts.problem.task.illustrated:
            tables["examples"] = parts.problem.task.examples(predicted, parts)
        if self.predictions and isinstance(predicted, Predictions):
            tables["predictions"] = _kept(predicted)
        diaries.finish("done", _final(measured.values, parts.problem.task.primary))
        log = [*learned.about["warnings"], *diaries.broken]
        self.store.write(cell.key, about, tables, "\n".join(log))
        fitted = "cached" not in learned.about
        tail = _tail(measured.values, parts.problem.task.primary)
        return Report(cell.key, cell.name, "done", "", about["seconds"], tail, fitted)

    def _stopped(self, cell: Cell, error: Exception, meter: _Meter, diaries: Diaries) -> Report:
        """Store why a cell has no values; never a zero."""
        expected = isinstance(error, LongShelfError)
        status = "not applicable" if isinstance(error, NotApplicable) else "failed"
        reason = str(error) if expected else f"{type(error).__name__}: {error}"
        seconds, cpu = meter.spent()
        about = {
            **cell.columns,
            "status": status,
            "reason": reason,
            "seconds": seconds,
            "cpu_seconds": cpu,
            "peak_mb": meter.peak_mb(),
            "parameters": 0,
            "language": dict(meter.language),
        }
        if status == "failed" or diaries.begun:
            diaries.finish(status, {})
        log = reason if expected else "".join(traceback.format_exception(error))
        self.store.write(cell.key, about, {}, "\n".join([log, *diaries.broken]))
        return Report(cell.key, cell.name, status, reason, seconds)


def _kept(predicted: Predictions) -> pl.DataFrame:
    test = predicted.test
    columns: dict[str, Any] = {"id": test.rows.id}
    if test.rows.y.ndim == 1:
        columns |= {"truth": test.rows.y, **dict(test.decisions)}
    columns["scores"] = pl.Series(test.scores.astype(np.float32))
    columns["corrected"] = pl.Series(test.corrected.astype(np.float32))
    return pl.DataFrame(columns)


def _final(values: pl.DataFrame, primary: str) -> dict[str, float]:
    """The primary metric by slice, such as ``macro_f1/tail`` and ``macro_f1.tuned/tail``."""
    found = values.filter(pl.col("metric") == primary).drop_nulls("value")
    columns = found.select("decision", "slice_axis", "slice", "value")
    return {
        primary
        + ("" if decision in FIRST else f".{decision}")
        + (f"/{name}" if axis in ("all", "target") else f"/{axis}={name}"): value
        for decision, axis, name, value in columns.iter_rows()
    }


def _tail(values: pl.DataFrame, primary: str) -> float | None:
    found = values.filter(
        pl.col("metric") == primary,
        pl.col("decision").is_in(FIRST),
        pl.col("slice_axis") == "target",
        pl.col("slice") == "tail",
    )
    return float(found["value"][0]) if found.height else None


class _Meter:
    """Seconds and the peak memory of this process since it was made, and what a listener counts."""

    def __init__(self, language: Mapping[str, float]) -> None:
        self.language = language
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        with suppress(OSError):
            Path(f"/proc/{os.getpid()}/clear_refs").write_text("5")

    def spent(self) -> tuple[float, float]:
        return time.perf_counter() - self.wall, time.process_time() - self.cpu

    def peak_mb(self) -> float:
        """Peak resident memory since the start where the system tells, else of the process."""
        try:
            status = Path("/proc/self/status").read_text()
            line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
            return int(line.split()[1]) / 1024
        except (OSError, StopIteration):
            import resource

            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
