"""Prepare a simulated day of clicks, end to end: seconds per step, k-core passes, peak memory.

Events are drawn in blocks of a million and streamed to Parquet, so any number fits: items by Zipf's
law, ten clicks a user, in order of time, with a few of the faults a raw log has. Then
``longshelf prepare`` runs on it as a user runs it, in a process of its own, several times.

    python benchmarks/prepare_events.py --events 100e6 --folder /data/bench
    python benchmarks/prepare_events.py --events 1e6 --engines duckdb,spark
    python benchmarks/prepare_events.py --events 100e6 --clicks skewed -- --repeats keep --k 10

What stands after ``--`` is passed on. With two engines their outputs are compared, row by row. The
simulated log is deleted at the end unless ``--keep`` is given.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

BLOCK = 1_000_000
BEGIN = 1_704_067_200_000_000
DAY = 86_400_000_000
FAULTS = {"user": 0.002, "item": 0.002, "time": 0.001, "again": 0.005}
ENGINES = ("duckdb", "spark")


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """What the command line says."""
    given = list(sys.argv[1:] if given is None else given)
    cut = given.index("--") if "--" in given else len(given)
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=float, default=1e6)
    parser.add_argument("--items", type=float, default=0, help="0: one for every hundred events")
    parser.add_argument("--zipf", type=float, default=1.0, help="exponent of item popularity")
    parser.add_argument(
        "--clicks", choices=("even", "skewed"), default="even",
        help="ten clicks of every user, or ten on average and half of the users below five",
    )  # fmt: skip
    parser.add_argument("--engines", default="duckdb")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="on a roomy disk; default: a temporary one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", action="store_true", help="leave the simulated log there")
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args(given[:cut])
    said.more = given[cut + 1 :]
    for engine in said.engines.split(","):
        if engine not in ENGINES:
            parser.error(f"unknown engine {engine!r}; known: {', '.join(ENGINES)}")
    return said


def blocks(said: argparse.Namespace) -> Iterator[pa.Table]:
    """The log, a million rows at a time, later blocks later."""
    rng = np.random.default_rng(said.seed)
    events = int(said.events)
    users, items = max(events // 10, 1), int(said.items or max(events // 100, 10))
    scrambled = rng.permutation(items)
    turns: list[Any] = []
    for begin in range(0, events, BLOCK):
        n = min(BLOCK, events - begin)
        if said.clicks == "even":
            while sum(map(len, turns)) < n:
                turns.append(rng.permutation(users).astype(np.int32))
            user, turns = _taken(turns, n)
        else:
            user = (users * rng.random(n) ** 3).astype(np.int64)
        stamp = BEGIN + np.sort(rng.integers(begin * DAY // events, (begin + n) * DAY // events, n))
        yield _faulty(user.astype(np.int64), scrambled[zipf(rng, n, items, said.zipf)], stamp, rng)


def zipf(rng: np.random.Generator, n: int, items: int, exponent: float) -> Any:
    """Ranks from 0, by the inverse of the continuous law: in proportion to rank ** -exponent."""
    u = rng.random(n)
    if abs(exponent - 1) < 1e-9:
        rank = np.exp(u * np.log(items + 1))
    else:
        rank = (u * ((items + 1) ** (1 - exponent) - 1) + 1) ** (1 / (1 - exponent))
    return np.minimum(rank.astype(np.int64), items) - 1


def _taken(turns: list[Any], n: int) -> tuple[Any, list[Any]]:
    joined = np.concatenate(turns) if len(turns) > 1 else turns[0]
    return joined[:n], [joined[n:]] if len(joined) > n else []


def _faulty(user: Any, item: Any, stamp: Any, rng: np.random.Generator) -> pa.Table:
    n = len(user)
    bad = {name: rng.random(n) < share for name, share in FAULTS.items()}
    order = np.sort(np.concatenate([np.arange(n), np.flatnonzero(bad["again"])]))
    stamp = np.where(bad["time"], 0, stamp)
    return pa.table(
        {
            "user": pa.array(user, mask=bad["user"]).take(pa.array(order)),
            "item": pa.array(item, mask=bad["item"]).take(pa.array(order)),
            "time": pa.array(stamp[order], type=pa.timestamp("us")),
        }
    )


def simulate(said: argparse.Namespace, path: Path) -> dict[str, Any]:
    """Write the log; how long it took and how large it is."""
    began, rows = time.perf_counter(), 0
    writer = None
    for table in blocks(said):
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
        rows += table.num_rows
    if writer is not None:
        writer.close()
    return {"rows": rows, "bytes": path.stat().st_size, "seconds": time.perf_counter() - began}


def once(path: Path, folder: Path, engine: str, more: Sequence[str]) -> dict[str, Any]:
    """One preparation in a process of its own: its account, seconds and peak memory."""
    shutil.rmtree(folder, ignore_errors=True)
    names = ["--user", "user", "--item", "item", "--time", "time", "--engine", engine]
    longshelf = [sys.executable, "-c", "from longshelf.cli import main; main()"]
    command = [*longshelf, "prepare", str(path), "-o", str(folder), *names]
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([*command, "--json", *more], stdout=out)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        if child.returncode:
            raise SystemExit(child.returncode)
        out.seek(0)
        account = json.loads(out.read())
    return {
        **account,
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss * 1024,
    }


def fingerprint(folder: Path) -> dict[str, str]:
    """A hash of each table's sorted rows, with its column names and types."""
    prints = {}
    for name in ("interactions", "items", "users"):
        frame = pl.read_parquet(folder / name / "**/*.parquet", hive_partitioning=True)
        frame = frame.select(sorted(frame.columns))
        sink = hashlib.sha256(repr(frame.schema).encode())
        for block in frame.sort(frame.columns).iter_slices(BLOCK):
            sink.update(block.write_csv(include_header=False).encode())
        prints[name] = sink.hexdigest()[:16]
    return prints


def shown(engine: str, runs: Sequence[dict[str, Any]]) -> None:
    """Print a table of the medians."""
    print(f"\n{engine} {runs[0]['engine']['version']}, median of {len(runs)}")
    print(f"{'step':<22}{'events':>14}{'dropped':>12}{'users':>12}{'items':>11}{'seconds':>9}")
    for i, step in enumerate(runs[0]["steps"]):
        seconds = median(run["steps"][i]["seconds"] for run in runs)
        users, items = (f"{step[x]:,}" if step[x] is not None else "" for x in ("users", "items"))
        print(
            f"{step['name']:<22}{step['rows']:>14,}{step['dropped']:>12,}{users:>12}{items:>11}"
            f"{seconds:>9.2f}"
        )
    walls, peak = [run["wall"] for run in runs], max(run["peak"] for run in runs)
    core = runs[0]["core"]
    print(f"{core['k']}-core: {core['passes']} passes, dropping {core['dropped']}")
    print(
        f"wall {median(walls):.1f} s ({min(walls):.1f} to {max(walls):.1f}), "
        f"CPU {median(run['cpu'] for run in runs):.1f} s, "
        f"peak memory {peak / 2**30:.2f} GiB"
    )


def main(given: Sequence[str] | None = None) -> None:
    """Simulate, prepare, print, compare."""
    said = arguments(given)
    folder = Path(said.folder or tempfile.mkdtemp(prefix="events-"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"log-{int(said.events)}-{said.clicks}-{said.zipf:g}.parquet"
    made = None if path.exists() else simulate(said, path)
    results: dict[str, Any] = {"log": made, "engines": {}}
    prints = {}
    for engine in said.engines.split(","):
        out = folder / f"prepared-{engine}"
        runs = [once(path, out, engine, said.more) for _ in range(said.runs)]
        if not runs:
            continue
        results["engines"][engine] = runs
        if "," in said.engines:
            prints[engine] = fingerprint(out)
        shutil.rmtree(out)
    if said.json:
        print(json.dumps({**results, "same": _same(prints)}, indent=2))
    else:
        if made is not None:
            print("simulated {rows:,} rows, {bytes:,} bytes, in {seconds:.1f} s".format(**made))
        for engine, runs in results["engines"].items():
            shown(engine, runs)
        if prints:
            print(f"\noutputs {'identical' if _same(prints) else 'DIFFER'}: {prints}")
    if not said.keep:
        path.unlink()
    if prints and not _same(prints):
        raise SystemExit(1)


def _same(prints: dict[str, dict[str, str]]) -> bool:
    return len({json.dumps(one) for one in prints.values()}) <= 1


if __name__ == "__main__":
    main()
