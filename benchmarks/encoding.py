"""Encoding speed beside sentence-transformers: the same weights, titles, length and threads.

    python benchmarks/encoding.py --rows 6000 --runs 3

Titles of fashion, drawn at random: once each distinct title, once the column as it is with its
repeats. sentence-transformers runs with batches of 32 (its default), 64 and 128; the fastest stands.
Arms alternate, nothing is kept between runs; a ratio is that of medians, above 1 where ours is
faster. The lowest cosine between the two stands beside, as speed that says something else is none.
int8 stands apart, with the macro-F1 of a logistic regression on either kind of vector.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

BATCHES = (32, 64, 128)


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=6000, help="titles of the raw column")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def encoder(precision: str) -> Any:
    """Ours, as a suite would build it."""
    from longshelf.features import MiniLm
    from longshelf.tables import Schema

    titles = Schema(text=("title",))
    return MiniLm(precision=precision).fit(_rows(["red shirt"]), titles)


def _rows(titles: list[str]) -> Any:
    import polars as pl

    from longshelf.tables import Rows

    n = np.arange(len(titles))
    return Rows(
        id=n, inputs=pl.DataFrame({"title": titles}), y=np.zeros(len(n), np.int64),
        code=np.zeros(len(n), np.int64), groups=pl.DataFrame(),
    )  # fmt: skip


def peer() -> Any:
    """sentence-transformers on the same folder."""
    from sentence_transformers import SentenceTransformer

    from longshelf.features.pretrained import locate

    model = SentenceTransformer(str(locate("minilm").folder), device="cpu")
    model.max_seq_length = 64
    return model


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and the outcome."""
    started = time.perf_counter()
    out = run()
    return time.perf_counter() - started, out


def spread(seconds: list[float]) -> str:
    """Every run and the median."""
    each = ", ".join(f"{one:.2f}" for one in seconds)
    return f"{statistics.median(seconds):7.2f} s ({each})"


def race(titles: list[str], runs: int, ours: Any, theirs: Any, batch: int) -> float:
    """Print both sides on these titles; the lowest cosine."""
    rows, lowest = _rows(titles), 1.0
    seconds: dict[str, list[float]] = {"ours": [], "peer": []}
    for _ in range(runs):
        own, a = timed(lambda: ours.transform(rows))
        other, b = timed(lambda: theirs.encode(titles, batch_size=batch, show_progress_bar=False))
        seconds["ours"].append(own)
        seconds["peer"].append(other)
        lowest = min(lowest, float((a * b).sum(1).min()))
    ratio = statistics.median(seconds["peer"]) / statistics.median(seconds["ours"])
    print(f"  ours                   {spread(seconds['ours'])}")
    print(f"  sentence-transformers  {spread(seconds['peer'])}  batch {batch}")
    print(f"  ratio {ratio:.2f}, lowest cosine {lowest:.6f}")
    return lowest


def tail_f1(runs: int, ours: Any, small: Any) -> None:
    """What int8 costs in the task it is meant for, and what it saves."""
    import longshelf as ls

    data = ls.load("fashion")
    for name in ("minilm", "minilm(precision='int8')"):
        arm = ls.fit(data, features=name, model="logistic", strategy="RandomOver")
        figures = ", ".join(f"{s} {arm.value('macro_f1', s):.4f}" for s in ("all", "head", "tail"))
        print(f"  {name:24} macro-F1 {figures}")
    titles = _rows(data.rows["title"].unique().sort().head(2000).to_list())
    seconds = [(timed(lambda: ours.transform(titles))[0], timed(lambda: small.transform(titles))[0])
               for _ in range(runs)]  # fmt: skip
    full, int8 = (statistics.median(side) for side in zip(*seconds, strict=True))
    print(f"  2,000 titles: fp32 {full:.2f} s, int8 {int8:.2f} s, ratio {full / int8:.2f}")


def main() -> int:
    """Race on distinct titles and on the raw column; 0 where the vectors agree."""
    said = arguments()
    os.environ["OMP_NUM_THREADS"] = str(said.threads)
    import torch

    import longshelf as ls

    torch.set_num_threads(said.threads)
    column = ls.load("fashion").rows["title"]
    column = column.sample(min(said.rows, len(column)), seed=0)
    distinct = column.unique(maintain_order=True).to_list()
    ours, theirs = encoder("fp32"), peer()
    for warm in (
        lambda: ours.transform(_rows(distinct[:64])),
        lambda: theirs.encode(distinct[:64]),
    ):
        warm()
    tried = {
        batch: timed(lambda b=batch: theirs.encode(distinct[:1500], batch_size=b))[0]
        for batch in BATCHES
    }
    batch = min(tried, key=lambda b: tried[b])
    print(f"{len(distinct):,} distinct titles, {said.threads} threads")
    first = race(distinct, said.runs, ours, theirs, batch)
    print(f"{len(column):,} titles of the raw column")
    second = race(column.to_list(), said.runs, ours, theirs, batch)
    print("int8")
    tail_f1(said.runs, ours, encoder("int8"))
    return int(min(first, second) < 0.999)


if __name__ == "__main__":
    raise SystemExit(main())
