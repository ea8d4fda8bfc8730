"""Speed beside what a practitioner would write: the same cells, rows, random states and solver.

``make bench`` runs the grid three times each as LongShelf runs it (cold: an empty store and an
empty cache), as pipelines with the features computed once, and as pipelines with the features
inside, and prints the ratios of the median times, macro-F1 per cell on both sides, and where
LongShelf's time goes. Features inside are timed on one seed of every pair of features and arm and
scaled; ``--sample 0`` times all, for hours. What was measured last stands in the README beside.

    python benchmarks/fashion_grid.py --seeds 5 --part once --arms none,Smote --folder runs/bench

``--part`` runs one side and adds its raw lines to the folder; ``--part table`` reads what is there.
The pipelines lie in ``benchmarks/peers/practitioner.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ARMS = (
    "none", "PostHocLogitAdjustment", "PerClassThreshold", "InverseFrequency", "EffectiveNumber",
    "RandomOver", "Smote", "RandomUnder", "TomekLinks", "EasyEnsemble",
)  # fmt: skip
STATES = {"RandomOver": 1, "Smote": 2, "RandomUnder": 1}
NEEDED = {"inside": 8.0, "once": 2.0}
CLOSE = 0.005


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = ("all", "ours", "once", "inside", "stages", "table")
    parser.add_argument("--part", choices=parts, default="all")
    parser.add_argument("--data", default="fashion", help="fashion, or marketplace (built in)")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--features", default="tf_idf,minilm")
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--tolerance", type=float, default=1e-5)
    parser.add_argument("--folder", type=Path, default=Path("runs/bench"), help="raw timings")
    parser.add_argument(
        "--sample", type=int, default=1,
        help="time `inside` on this many seeds per feature and arm, and scale; 0 is all",
    )  # fmt: skip
    parser.add_argument("--run", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args(given)


def suite_of(said: argparse.Namespace) -> Any:
    """The grid as a suite."""
    from longshelf.experiment.suite import load_suite

    return load_suite(
        {
            "name": "bench",
            "datasets": [said.data],
            "seeds": said.seeds,
            "features": said.features.split(","),
            "models": [{"logistic": {"tolerance": said.tolerance}}],
            "strategies": said.arms.split(","),
            "rivals": False,
        }
    )


def states_of(cell: Any) -> list[int]:
    """The random states the cell hands to imbalanced-learn."""
    from longshelf.components import show
    from longshelf.strategies.resample.delivery import seed

    arm, rng = show(cell.strategy), cell.rng
    if arm == "EasyEnsemble":
        return [seed(stream) for stream in rng.spawn(cell.strategy.members)]
    return [seed(rng) for _ in range(STATES.get(arm, 0))]


def write_task(said: argparse.Namespace, folder: Path) -> int:
    """Rows, splits and random states for the pipelines; returns the number of cells."""
    from longshelf.components import build, show
    from longshelf.experiment.plan import make_plan
    from longshelf.features.pretrained import locate
    from longshelf.features.text import text_columns, text_of

    plan = make_plan(suite_of(said))
    ((_, dataset),) = plan.datasets.items()
    problem = build("task", "classify").pose(dataset)
    split = build("split", "stratified")
    part = np.stack([split.assign(problem, seed).part for seed in range(said.seeds)])
    texts = text_of(problem.rows, text_columns(dataset.schema, "the benchmark"))
    seeds = said.sample if said.part == "inside" and said.sample else said.seeds
    cells = [
        {"features": show(cell.features), "arm": show(cell.strategy), "seed": cell.seed,
         "states": states_of(cell)}
        for cell in plan.cells if cell.seed < seeds
    ]  # fmt: skip
    np.savez(
        folder / "rows.npz", texts=texts.to_numpy().astype(str), y=problem.rows.y, part=part,
        even=problem.rows.id % 2 == 0,
    )  # fmt: skip
    encoder = str(locate("minilm").folder) if "minilm" in said.features else ""
    told = {"cells": cells, "folder": encoder, "tolerance": said.tolerance}
    (folder / "cells.json").write_text(json.dumps(told))
    return len(plan.cells)


def run_peer(said: argparse.Namespace, where: str, run: int) -> None:
    """The pipelines, in a process of their own."""
    with tempfile.TemporaryDirectory() as folder:
        write_task(argparse.Namespace(**{**vars(said), "part": where}), Path(folder))
        command = [
            sys.executable, str(HERE / "peers" / "practitioner.py"), folder, raw(said),
            "--where", where, "--cores", str(said.cores), "--run", str(run),
        ]  # fmt: skip
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        subprocess.run(command, check=True, env={**os.environ, **single})


def raw(said: argparse.Namespace) -> str:
    """The file of raw lines."""
    said.folder.mkdir(parents=True, exist_ok=True)
    return str(said.folder / f"{said.data}.jsonl")


def note(said: argparse.Namespace, lines: Sequence[dict[str, Any]]) -> None:
    """Add raw lines."""
    with open(raw(said), "a", encoding="utf-8") as out:
        for line in lines:
            print(json.dumps(line), file=out)


def run_ours(said: argparse.Namespace, run: int) -> None:
    """The engine into an empty store with an empty cache."""
    from longshelf.cache import Cache
    from longshelf.experiment.executor import LocalExecutor
    from longshelf.experiment.run import run as run_suite

    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        results = run_suite(
            suite_of(said),
            folder=f"{folder}/run",
            cache=Cache(Path(folder) / "cache"),
            executor=LocalExecutor(workers=said.cores),
        )
        whole = time.perf_counter() - started
    note(said, [{"part": "ours", "run": run, **line} for line in _cells(results)])
    note(said, [{"part": "ours", "run": run, "whole": whole, "cells": results.cells.height}])


def _cells(results: Any) -> Iterator[dict[str, Any]]:
    import polars as pl

    f1 = results.values.filter(metric="macro_f1", decision="argmax", slice="all")
    found = results.cells.join(
        f1.select("cell", pl.col("value").alias("f1")), on="cell", how="left"
    )
    for row in found.iter_rows(named=True):
        named = {"features": row["features"], "arm": row["strategy"], "seed": row["seed"]}
        yield {**named, "seconds": row["seconds"], "f1": row["f1"], "status": row["status"]}


class Stopwatch:
    """Processor seconds by stage, nested stages taken off their parents."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inner = [0.0]

    def wrap(self, owner: Any, name: str, stage: str) -> None:
        """Time every call of ``owner.name`` under a stage."""
        plain = getattr(owner, name)

        def timed(*given: Any, **named: Any) -> Any:
            started = time.process_time()
            self._inner.append(0.0)
            try:
                return plain(*given, **named)
            finally:
                spent = time.process_time() - started
                own = spent - self._inner.pop()
                self.seconds[stage] = self.seconds.get(stage, 0.0) + own
                self._inner[-1] += spent

        setattr(owner, name, timed)


@contextmanager
def watched() -> Iterator[Stopwatch]:
    """Time the stages of the engine in this process."""
    import longshelf.experiment.run as runs
    import longshelf.experiment.work as work
    import longshelf.features
    import longshelf.learning as learning
    from longshelf import strategies
    from longshelf.cache import Cache
    from longshelf.experiment.store import Store
    from longshelf.models import Logistic
    from longshelf.strategies.resample import neighbours
    from longshelf.tasks import Classify

    watch = Stopwatch()
    for owner in (longshelf.features, learning):
        watch.wrap(owner, "compute", "features")
    for name in ("RandomOver", "Smote", "RandomUnder", "TomekLinks"):
        watch.wrap(getattr(strategies, name), "resample", "resampling")
    watch.wrap(neighbours, "nearest_other", "neighbours")
    watch.wrap(Logistic, "fit", "fits")
    watch.wrap(Classify, "outputs", "scores")
    watch.wrap(work, "conclude", "after the fit: tuning, calibration")
    watch.wrap(Classify, "measure", "metrics, slices, intervals")
    watch.wrap(Store, "write", "store")
    watch.wrap(Cache, "put", "cache")
    watch.wrap(work, "divide", "splits")
    watch.wrap(runs, "make_plan", "plan and data")
    watch.wrap(runs, "gather", "gathering, comparisons")
    yield watch


def run_stages(said: argparse.Namespace) -> None:
    """The grid once more on one core, with the time of every stage."""
    from longshelf.cache import Cache
    from longshelf.experiment.executor import LocalExecutor
    from longshelf.experiment.run import run as run_suite

    with tempfile.TemporaryDirectory() as folder, watched() as watch:
        started = time.process_time()
        run_suite(
            suite_of(said),
            folder=f"{folder}/run",
            cache=Cache(Path(folder) / "cache"),
            executor=LocalExecutor(workers=1, threads=1),
        )
        whole = time.process_time() - started
    watch.seconds["the rest"] = whole - sum(watch.seconds.values())
    note(said, [{"part": "stages", "seeds": said.seeds, "seconds": watch.seconds, "whole": whole}])


def read(said: argparse.Namespace) -> list[dict[str, Any]]:
    """Raw lines so far."""
    with open(raw(said), encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def of_cells(lines: Sequence[dict[str, Any]], part: str) -> dict[tuple[str, str, int], list[Any]]:
    """Lines of each cell on one side."""
    found: dict[tuple[str, str, int], list[Any]] = {}
    for line in lines:
        if line["part"] == part and "arm" in line and line["seed"] >= 0:
            found.setdefault((line["features"], line["arm"], line["seed"]), []).append(line)
    return found


def whole(
    said: argparse.Namespace, lines: Sequence[dict[str, Any]], part: str
) -> tuple[float, str]:
    """Median wall seconds of the grid on one side, and how they were had."""
    runs = [line for line in lines if line["part"] == part and "whole" in line]
    planned = said.seeds * len(said.features.split(",")) * len(said.arms.split(","))
    complete = [line["whole"] for line in runs if line["cells"] == planned]
    if complete:
        return median(complete), f"median of {len(complete)}"
    cells = of_cells(lines, part)
    if part != "inside" or not cells:
        return float("nan"), "not measured"
    pairs: dict[tuple[str, str], list[float]] = {}
    for (features, arm, _), found in cells.items():
        pairs.setdefault((features, arm), []).extend(line["seconds"] for line in found)
    each = sum(sum(seconds) / len(seconds) for seconds in pairs.values())
    timed = sum(map(len, cells.values()))
    return (
        each * said.seeds / said.cores,
        f"scaled from {timed} timed cells, {len(pairs)} pairs of features and arm",
    )


def table(said: argparse.Namespace) -> bool:
    """Print what the raw lines say; whether everything that must hold does."""
    lines = read(said)
    held = _print_cells(lines)
    seconds, how = whole(said, lines, "ours")
    print(f"\nwhole grid on {said.cores} cores, wall seconds")
    print(f"  longshelf, cold      {seconds:9.1f}   {how}")
    for part, needed in (("once", NEEDED["once"]), ("inside", NEEDED["inside"])):
        theirs, how = whole(said, lines, part)
        ratio = theirs / seconds
        held &= bool(ratio >= needed)
        print(f"  features {part:<11} {theirs:9.1f}   {how}; {ratio:.1f} x, {needed:g} x asked")
    for line in lines:
        if line["part"] == "stages":
            print(f"\nlongshelf on one core, {line['seeds']} seeds, processor seconds")
            for stage, spent in sorted(line["seconds"].items(), key=lambda pair: -pair[1]):
                print(f"  {stage:<36} {spent:8.1f}  {spent / line['whole']:6.1%}")
            print(f"  {'whole':<36} {line['whole']:8.1f}")
    return held


def _print_cells(lines: Sequence[dict[str, Any]]) -> bool:
    sides = {part: of_cells(lines, part) for part in ("ours", "once", "inside")}
    title = ("cell", "ours", "once", "inside", "s ours", "s once", "s inside", "macro-F1")
    print("{:<46}{:>8}{:>8}{:>8}{:>8}{:>8}{:>9}  {}".format(*title))
    held = True
    for key in sorted(sides["ours"]):
        found = {part: cells[key] for part, cells in sides.items() if key in cells}
        f1 = {part: some[-1]["f1"] for part, some in found.items()}
        seconds = {part: median(line["seconds"] for line in some) for part, some in found.items()}
        apart = max((abs(value - f1["ours"]) for value in f1.values() if f1["ours"] is not None),
                    default=float("nan"))  # fmt: skip
        good = len(f1) > 1 and f1["ours"] is not None and apart <= CLOSE
        held &= good
        shown = [f"{f1[part]:.4f}" if f1.get(part) is not None else "-" for part in sides]
        spent = [f"{seconds[part]:.1f}" if part in seconds else "-" for part in sides]
        verdict = f"{'within' if good else 'NOT within'} {CLOSE} ({apart:.4f})"
        verdict = verdict if len(f1) > 1 else "no peer yet"
        name = f"{key[0]}/{key[1]}/seed{key[2]}"
        print("{:<46}{:>8}{:>8}{:>8}{:>8}{:>8}{:>9}  {}".format(name, *shown, *spent, verdict))
    return held


def run_all(said: argparse.Namespace) -> None:
    """Every side in turn, so that a busy hour meets them alike; each run in a fresh process."""
    Path(raw(said)).unlink(missing_ok=True)
    kept = [
        f"--{name}={getattr(said, name)}"
        for name in ("data", "seeds", "features", "arms", "cores", "tolerance", "folder", "sample")
    ]
    for run in range(said.repeats):
        for part in ("ours", "once", "inside"):
            print(f"run {run + 1} of {said.repeats}: {part}", flush=True)
            command = [sys.executable, __file__, *kept, "--part", part, "--run", str(run)]
            subprocess.run(command, check=True)
    print("stages", flush=True)
    subprocess.run([sys.executable, __file__, *kept, "--part", "stages"], check=True)


def main(given: Sequence[str] | None = None) -> int:
    """Run what was asked; 0 unless a full run misses what must hold."""
    said = arguments(given)
    if said.data == "fashion" and not os.environ.get("LONGSHELF_DATA"):
        print(
            "LONGSHELF_DATA is not set, so fashion cannot be read and nothing was timed. Set it to "
            "the folder of data sets, or run: python benchmarks/fashion_grid.py --data marketplace"
        )
        return 2
    if said.part == "all":
        run_all(said)
        return 0 if table(said) else 1
    if said.part == "table":
        table(said)
    elif said.part == "ours":
        run_ours(said, said.run)
    elif said.part == "stages":
        run_stages(said)
    else:
        run_peer(said, said.part, said.run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
