"""A small suite on a simulated table, and a child process that runs it and can be killed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import longshelf as ls
from longshelf.cache import Cache
from longshelf.experiment.executor import LocalExecutor
from longshelf.experiment.run import run
from longshelf.experiment.store import Store
from longshelf.experiment.work import Report, Worker
from longshelf.results import Results
from longshelf.tables import Dataset

COUNTS = (110, 60, 40, 20, 10)
REMEDIES = (
    "none", "InverseFrequency", "EffectiveNumber", "EffectiveNumber(beta=0.9)",
    "PostHocLogitAdjustment", "PerClassThreshold", "InverseFrequency + PerClassThreshold",
)  # fmt: skip


def table() -> Dataset:
    """240 rows of five overlapping classes, with two groups."""
    rng = np.random.default_rng(0)
    code = rng.permutation(np.repeat(np.arange(len(COUNTS)), COUNTS))
    X = rng.normal(size=(len(code), 4)) + 1.5 * np.eye(5)[code][:, :4]
    frame = pl.DataFrame(
        {
            "label": [f"c{i}" for i in code],
            "side": rng.choice(["left", "right"], len(code)).tolist(),
            **{f"x{j}": X[:, j] for j in range(4)},
        }
    )
    return ls.load(frame, label="label", numeric=tuple(f"x{j}" for j in range(4)), group=("side",))


def suite(**changed: Any) -> dict[str, Any]:
    """68 cells: 2 models x 7 strategies x 4 seeds, and three rivals."""
    return {
        "name": "small",
        "datasets": ["own"],
        "seeds": 4,
        "features": ["tabular"],
        "models": ["logistic", "nearest_centroid"],
        "strategies": list(REMEDIES),
        **changed,
    }


def launch(
    spec: Mapping[str, Any], folder: Path | str, cache: Path, workers: int = 1, **more: Any
) -> Results:
    """Run a suite on the small table, single-threaded."""
    executor = more.pop("executor", LocalExecutor(workers=workers, threads=1))
    datasets = more.pop("datasets", {"own": table()})
    return run(
        spec, folder=str(folder), datasets=datasets, executor=executor, cache=Cache(cache), **more
    )


def judged(results: Results) -> pl.DataFrame:
    """Everything a suite says that does not depend on the clock."""
    return results.values.sort(
        "cell", "decision", "metric", "slice_axis", "slice", maintain_order=True
    )


@dataclass(frozen=True)
class PausingStore(Store):
    """Stops inside the write of one cell, says so in a file, and waits to be killed.

    Parameters
    ----------
    where : {"table", "rename"}
        After half of a table's bytes, or between the last table and the renaming.
    at : int
        Cells to let pass first.
    sign : str
    """

    where: str = ""
    at: int = 0
    sign: str = ""

    def write(
        self, key: str, about: Mapping[str, Any], tables: Mapping[str, pl.DataFrame], log: str = ""
    ) -> None:
        cells = Path(self.address, "cells")
        passed = len(list(cells.glob("[0-9a-f]*"))) >= self.at
        if passed and self.where == "table":
            whole = pl.DataFrame({"value": np.arange(1000)})
            beside = cells / ".beside-torn"
            beside.mkdir(parents=True, exist_ok=True)
            whole.write_parquet(beside / "values.parquet")
            content = (beside / "values.parquet").read_bytes()
            (beside / "values.parquet").write_bytes(content[: len(content) // 2])
            wait_for_death(self.sign)
        super().write(key, about, tables, log)

    def _place(self, key: str, beside: Path, home: Path | None) -> None:
        if self.where == "rename" and len(list(Path(home or "").glob("[0-9a-f]*"))) >= self.at:
            wait_for_death(self.sign)
        super()._place(key, beside, home)


def wait_for_death(sign: str) -> None:
    """Say that the write is half done, and stay there."""
    Path(sign).touch()
    time.sleep(600)


@dataclass(frozen=True)
class Pausing(LocalExecutor):
    """Hands every worker a store that stops inside a write."""

    where: str = ""
    at: int = 0
    sign: str = ""

    def run(self, jobs: Sequence[Any], worker: Worker) -> Iterator[Report]:
        worker.store = PausingStore(worker.store.address, self.where, self.at, self.sign)
        yield from super().run(jobs, worker)


def tear_results(sign: str) -> None:
    """Make the next write of the suite's own tables stop between two of them."""
    replace, done = os.replace, []

    def stopping(source: Any, target: Any) -> None:
        if str(target).endswith(".parquet"):
            done.append(target)
            if len(done) == 3:
                wait_for_death(sign)
        replace(source, target)

    os.replace = stopping


def main(
    folder: str, cache: str, workers: str, where: str = "", at: str = "0", sign: str = ""
) -> None:
    """Run the suite as a child process; the last line says how many cells this process did."""
    ended: list[str] = []
    if where == "results":
        tear_results(sign)
    inside = where in ("table", "rename")
    executor = (
        Pausing(int(workers), 1, where, int(at), sign)
        if inside
        else LocalExecutor(workers=int(workers), threads=1)
    )
    launch(
        suite(), folder, Path(cache), executor=executor,
        watch=lambda _, report: ended.append(report.status) if report else None,
    )  # fmt: skip
    sys.stdout.write(f"{ended.count('done')}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
