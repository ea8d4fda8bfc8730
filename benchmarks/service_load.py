"""Load on loopback: our service beside a plain FastAPI + PyTorch one, asked in an open loop.

    python benchmarks/service_load.py --seconds 30 --runs 3
    python benchmarks/service_load.py --only soak --seconds 1800

The shop has 40,000 items and 30,000 users of the marketplace, factorised by ``implicit_als`` at
width 64; ``--shop FOLDER`` keeps the artifact for the next run. Every answer holds 20 items; half of
the requests filter by category, half by price, and 20% of a list is kept for the tail. The
prediction cache is off, then on; events go to a file with full synchronisation. The load generator
runs on the same machine; rates are asked, not reached: the clock of a request starts when it is due.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import psutil
from open_loop import Outcome, load, post

KEY = "a key that guards nothing but this benchmark"
HOME = Path(__file__).parent
QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LONGSHELF_KEY": KEY}


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shop", type=Path, help="folder of the artifact, made where absent")
    parser.add_argument("--users", type=int, default=30_000)
    parser.add_argument("--items", type=int, default=40_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=1000, help="/recommend, asked a second")
    parser.add_argument("--searches", type=float, default=100, help="/search, asked a second")
    parser.add_argument("--port", type=int, default=8930)
    parser.add_argument(
        "--only", choices=("recommend", "plain", "cached", "search", "overload", "soak")
    )
    return parser.parse_args()


def make_shop(folder: Path, users: int, items: int) -> None:
    """Factorise the marketplace's clicks and keep the vectors as an artifact."""
    import polars as pl
    import scipy.sparse as sp

    import longshelf as ls
    from longshelf.artifact import pseudonym, save_recommender

    data = ls.load(f"marketplace(problem='interactions', users={users}, items={items})")
    arm = ls.fit(data, task="rank", split="leave_last_out", features="ids", model="implicit_als")
    fitted, parts, catalogue = arm.learned.fitted, arm.parts, data.targets
    goods = pl.DataFrame({"item": parts.targets.names.astype(str)}).join(
        catalogue.with_columns(pl.col("item").cast(pl.String)), on="item", how="left"
    )
    names = np.array(["head", "torso", "tail"])
    goods = goods.select(
        "item", pl.col("text").alias("title"), pl.col("category").cast(pl.String), pl.col("price"),
        pl.Series("count", parts.targets.natural.astype(np.int64)),
        pl.Series("slice", names[np.asarray(parts.slices.of)]),
    )  # fmt: skip
    titles = ls.build("features", "minilm").fit(*_titles(goods["title"].to_list()))
    save_recommender(
        folder, name="marketplace/rank/implicit_als", card={"data": "simulated"}, catalogue=goods,
        items=fitted.items, vectors=fitted.sources[1:],
        seen=sp.csr_matrix(fitted.profiles.matrix[1:]),
        users=[pseudonym(number, KEY.encode()) for number in range(len(fitted.sources) - 1)],
        text=titles.encode(goods["title"].to_list()), encoder="minilm",
    )  # fmt: skip


def _titles(titles: list[str]) -> tuple[Any, Any]:
    import polars as pl

    from longshelf.tables import Rows, Schema

    n = np.arange(len(titles))
    rows = Rows(
        id=n, inputs=pl.DataFrame({"title": titles}), y=0 * n, code=0 * n, groups=pl.DataFrame()
    )
    return rows, Schema(text=("title",))


@contextmanager
def serving(command: list[str], port: int, environment: dict[str, str]) -> Iterator[psutil.Process]:
    """A server that answers; ended in order afterwards."""
    server = subprocess.Popen(command, env=os.environ | QUIET | environment)
    try:
        for _ in range(600):
            time.sleep(0.2)
            if server.poll() is not None:
                raise SystemExit(f"the server ended with {server.returncode}: {' '.join(command)}")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json", timeout=2).read()
                break
            except OSError:
                continue
        yield psutil.Process(server.pid)
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def ours(shop: Path, port: int, folder: str, cache: str = "off") -> Any:
    """Our service with events in a file."""
    here = [
        str(Path(sys.executable).with_name("longshelf")),
        "serve",
        str(shop),
        "--port",
        str(port),
    ]
    return serving([*here, "--cache", cache, "--events", f"{folder}/events.db"], port, {})


def plain(shop: Path, port: int) -> Any:
    """The peer."""
    here = [sys.executable, "-m", "uvicorn", "plain_service:app", "--app-dir", str(HOME / "peers")]
    return serving(
        [*here, "--port", str(port), "--log-level", "warning", "--no-access-log"],
        port, {"ARTIFACT": str(shop)},
    )  # fmt: skip


def recommendations(shop: Path, users: int, *, own: bool) -> Callable[[int], bytes]:
    """Requests for lists: any user alike, half by category, half by price."""
    import polars as pl

    from longshelf.artifact import load as load_artifact

    goods = pl.read_parquet(shop / "catalogue.parquet")
    categories = goods["category"].value_counts(sort=True).head(30)["category"].to_list()
    middle = float(goods["price"].median())  # type: ignore[arg-type]
    users = min(users, len(load_artifact(shop).users))
    rng = np.random.default_rng(1)
    bodies = []
    for number in range(20_000):
        said: dict[str, Any] = {"user": f"{rng.integers(users)}", "k": 20}
        if number % 2:
            said["category"] = categories[int(rng.integers(len(categories)))]
        else:
            said["price_max"] = middle
        if own:
            said["tail"] = 0.2
        bodies.append(post("/recommend", orjson.dumps(said)))
    return lambda number: bodies[number % len(bodies)]


def searches(shop: Path) -> Callable[[int], bytes]:
    """Requests for searches: two to four words of a title, never the same twice in a row."""
    import polars as pl

    titles = pl.read_parquet(shop / "catalogue.parquet")["title"].to_list()
    rng = np.random.default_rng(2)
    bodies = []
    for _ in range(20_000):
        words = titles[int(rng.integers(len(titles)))].split()
        some = rng.permutation(words)[: int(rng.integers(2, 5))]
        bodies.append(post("/search", orjson.dumps({"query": " ".join(some), "k": 20})))
    return lambda number: bodies[number % len(bodies)]


def busy(process: psutil.Process) -> float:
    """Processor seconds of a process and its children."""
    every = (process, *process.children(recursive=True))
    return sum(sum(one.cpu_times()[:2]) for one in every)


def stolen() -> float:
    """Processor seconds the host of a virtual machine gave to others; 0 where it does not say."""
    return float(getattr(psutil.cpu_times(), "steal", 0.0))


def measure(title: str, process: psutil.Process, rate: float, said: Any, requests: Any) -> None:
    """Several runs at one rate after a short one that warms up."""
    load(said.port, min(rate, 200), 3, requests, seed=99)
    print(title)
    before, outcomes = busy(process), []
    for run in range(said.runs):
        taken = stolen()
        outcome = load(said.port, rate, said.seconds, requests, seed=run)
        share = 100 * (stolen() - taken) / said.seconds
        print(f"  {outcome.line()}   taken by the host {share:.1f}% of a core", flush=True)
        outcomes.append(outcome)
    spent = busy(process) - before
    p99 = statistics.median(outcome.milliseconds(0.99)[0] for outcome in outcomes)
    reached = statistics.median(outcome.answered for outcome in outcomes)
    asked = sum(len(outcome.due) for outcome in outcomes)
    print(
        f"  median: {reached:.0f} answered/s at p99 {p99:.2f} ms; the server spent "
        f"{1000 * spent / asked:.2f} processor ms a request", flush=True,
    )  # fmt: skip


def capacity(port: int, requests: Any, most: float) -> float:
    """Answers a second when far more are asked."""
    return load(port, most, 8, requests, connections=256, patience=3).answered


def overload(port: int, requests: Any, said: Any) -> None:
    """Five times what can be answered, then the ordinary rate again."""
    can = capacity(port, requests, 6000)
    print(f"overload: about {can:.0f} can be answered a second")
    for title, rate, seconds in (
        ("before", said.rate / 2, 10), ("five times", 5 * can, 20), ("after", said.rate / 2, 10),
    ):  # fmt: skip
        outcome = load(port, rate, seconds, requests, connections=512, seed=3)
        print(f"  {title:11}{outcome.line()}", flush=True)
        if title == "five times":
            print(f"  {'':11}{outcome.reached()}", flush=True)


def held(process: psutil.Process) -> float:
    """Memory of a process and its children, in MiB."""
    return sum(
        one.memory_info().rss for one in (process, *process.children(recursive=True))
    ) / 2**20  # fmt: skip


def soak(process: psutil.Process, port: int, requests: Any, said: Any) -> None:
    """Memory and the slowest answers, minute by minute."""
    print(f"soak: {held(process):.0f} MiB before", flush=True)
    for minute in range(max(1, round(said.seconds / 60))):
        outcome: Outcome = load(port, said.rate / 2, 60, requests, seed=minute)
        print(f"  minute {minute + 1:3}  {held(process):6.0f} MiB  {outcome.line()}", flush=True)


def main() -> None:
    """Every part, or the one asked for."""
    said = arguments()
    wanted = lambda part: said.only in (None, part)  # noqa: E731
    with tempfile.TemporaryDirectory() as folder:
        shop = said.shop or Path(folder) / "shop"
        if not shop.exists():
            make_shop(shop, said.users, said.items)
        lists = recommendations(shop, said.users, own=True)
        if wanted("recommend") or wanted("overload") or said.only == "soak":
            with ours(shop, said.port, folder) as process:
                if wanted("recommend"):
                    measure("/recommend, no prediction cache", process, said.rate, said, lists)
                if wanted("overload"):
                    overload(said.port, lists, said)
                if said.only == "soak":
                    soak(process, said.port, lists, said)
        if wanted("plain"):
            with plain(shop, said.port) as process:
                asked = recommendations(shop, said.users, own=False)
                can = capacity(said.port, asked, 1000)
                print(f"plain service: about {can:.0f} answered a second when 1000 are asked")
                measure("plain, at 80% of that", process, 0.8 * can, said, asked)
        if wanted("cached"):
            with ours(shop, said.port, folder, cache="") as process:
                few = lambda number: lists(number % 500)  # noqa: E731
                measure(
                    "/recommend, 500 requests over and over, cached", process, said.rate, said, few
                )
        if wanted("search"):
            with ours(shop, said.port, folder) as process:
                measure("/search", process, said.searches, said, searches(shop))


if __name__ == "__main__":
    main()
