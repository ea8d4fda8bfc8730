"""Speed of exact full evaluation beside what does only a part of it.

``python benchmarks/ranking_speed.py`` ranks and measures 20,000 users on 50,000 items (d = 64,
lists of 20, 20 items masked per user) five times on each side, in turn and in fresh processes:

- ``ours``: scores, masking, top 20 and every metric, with intervals, by slice
- ``faiss``: an exact inner-product index, top 20 alone: nothing masked, nothing measured
- ``implicit``: its top 20 with masking, alone
- ``rectools``: its ranker with masking and its metrics (skipped where it is not installed)
- ``product``: the matrix product alone, block by block

``--large`` does 1,000,000 users on 100,000 items once, ours and the product alone, and prints the
peak of memory: it takes minutes. Raw lines go to ``--folder``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import scipy.sparse as sp

SIDES = ("ours", "faiss", "implicit", "rectools", "product")
SMALL, LARGE = (20_000, 50_000), (1_000_000, 100_000)
WIDTH, K, SEEN, RELEVANT = 64, 20, 20, 5
AT_MOST = 1.3
MOST_GB = 2.0


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--users", type=int, default=0)
    parser.add_argument("--items", type=int, default=0)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path("runs/bench"))
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    said = parser.parse_args(given)
    users, items = LARGE if said.large else SMALL
    said.users, said.items = said.users or users, said.items or items
    return said


def world(users: int, items: int) -> tuple[Any, Any, sp.csr_matrix, sp.csr_matrix]:
    """Vectors, and what every user had and will have, popular items more often."""
    rng = np.random.default_rng(0)
    U = rng.standard_normal((users, WIDTH), dtype=np.float32)
    V = rng.standard_normal((items, WIDTH), dtype=np.float32)
    law = np.cumsum(1 / np.arange(1, items + 1) ** 0.7)
    law /= law[-1]
    return U, V, _draw(users, items, SEEN, law, rng), _draw(users, items, RELEVANT, law, rng)


def _draw(users: int, items: int, each: int, law: Any, rng: np.random.Generator) -> sp.csr_matrix:
    drawn = np.searchsorted(law, rng.random(users * each, dtype=np.float32)).astype(np.int32)
    drawn = np.minimum(drawn, items - 1)
    ones = np.ones(len(drawn), dtype=np.float32)
    matrix = sp.csr_matrix((ones, drawn, np.arange(users + 1) * each), shape=(users, items))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def ours(users: int, items: int) -> tuple[Callable[[], Any], Callable[[Any], dict[str, Any]]]:
    """Scores, masking, lists and every metric."""
    from longshelf.metrics import evaluate_ranking
    from longshelf.models.rank.top import top_factors
    from longshelf.slices import cut
    from longshelf.tables import Targets

    U, V, seen, relevant = world(users, items)
    natural = np.bincount(seen.indices, minlength=items).astype(float)
    targets = Targets(names=np.arange(items).astype(str), kind="item", natural=natural)

    def work() -> Any:
        started = time.perf_counter()
        ranking = top_factors(U, V, None, K, seen)
        ranked = time.perf_counter() - started
        found = evaluate_ranking(
            ranking, relevant, targets, cut(natural), k=K, history=seen, vectors=V
        )
        return ranked, found.values.height

    return work, lambda found: {"ranked": found[0], "values": found[1]}


def faiss(users: int, items: int) -> tuple[Callable[[], Any], Callable[[Any], dict[str, Any]]]:
    """The top 20 of an exact index alone."""
    from faiss import IndexFlatIP

    U, V, _, _ = world(users, items)

    def work() -> Any:
        index = IndexFlatIP(WIDTH)
        index.add(V)
        return index.search(U, K)

    return work, lambda _: {}


def implicit(users: int, items: int) -> tuple[Callable[[], Any], Callable[[Any], dict[str, Any]]]:
    """The masked top 20 of its own routine."""
    from implicit.cpu.topk import topk

    U, V, seen, _ = world(users, items)
    threads = len(os.sched_getaffinity(0))
    return lambda: topk(V, U, K, filter_query_items=seen, num_threads=threads), lambda _: {}


def rectools(users: int, items: int) -> tuple[Callable[[], Any], Callable[[Any], dict[str, Any]]]:
    """Its ranker, and the metrics of its catalogue that match ours in kind."""
    import pandas as pd
    from rectools.metrics import (
        MAP,
        MRR,
        NDCG,
        AvgRecPopularity,
        HitRate,
        MeanInvUserFreq,
        Precision,
        Recall,
        calc_metrics,
    )
    from rectools.models.rank import Distance, ImplicitRanker

    U, V, seen, relevant = world(users, items)

    def pairs(matrix: sp.csr_matrix) -> Any:
        rows = np.repeat(np.arange(users), np.diff(matrix.indptr))
        return pd.DataFrame({"user_id": rows, "item_id": matrix.indices})

    before, after = pairs(seen), pairs(relevant)
    chosen = {
        "map": MAP(k=K), "mrr": MRR(k=K), "ndcg": NDCG(k=K), "hit": HitRate(k=K),
        "precision": Precision(k=K), "recall": Recall(k=K), "novelty": MeanInvUserFreq(k=K),
        "popularity": AvgRecPopularity(k=K),
    }  # fmt: skip

    def work() -> Any:
        ranker = ImplicitRanker(
            Distance.DOT, U, V, num_threads=len(os.sched_getaffinity(0)), use_gpu=False
        )
        who, what, score = ranker.rank(np.arange(users), k=K, filter_pairs_csr=seen)
        listed = pd.DataFrame({"user_id": who, "item_id": what, "score": score})
        listed["rank"] = listed.groupby("user_id", sort=False).cumcount() + 1
        return calc_metrics(chosen, listed, after, before, np.arange(items))

    return work, lambda found: {"values": len(found)}


def product(users: int, items: int) -> tuple[Callable[[], Any], Callable[[Any], dict[str, Any]]]:
    """The matrix product alone, by blocks that fit in memory."""
    U, V, _, _ = world(users, items)
    rows = max(2**27 // items, 1)
    room = np.empty((rows, items), dtype=np.float32)

    def work() -> None:
        for start in range(0, users, rows):
            own = U[start : start + rows]
            np.matmul(own, V.T, out=room[: len(own)])

    return work, lambda _: {}


def run_side(said: argparse.Namespace) -> None:
    """One side in this process: a raw line with its seconds and the peak of memory."""
    work, tell = globals()[said.side](said.users, said.items)
    started, busy = time.perf_counter(), time.process_time()
    found = work()
    seconds, busy = time.perf_counter() - started, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    line = {"side": said.side, "users": said.users, "items": said.items, "seconds": seconds,
            "cpu_seconds": busy, "peak_gb": peak, **tell(found)}  # fmt: skip
    with open(raw(said), "a", encoding="utf-8") as out:
        print(json.dumps(line), file=out)


def raw(said: argparse.Namespace) -> Path:
    """The file of raw lines."""
    said.folder.mkdir(parents=True, exist_ok=True)
    return Path(said.folder) / f"ranking_{said.users}x{said.items}.jsonl"


def run_all(said: argparse.Namespace) -> None:
    """Every side in turn, in fresh processes, so that a busy hour meets them alike."""
    raw(said).unlink(missing_ok=True)
    sides = ("ours", "product") if said.large else SIDES
    sides = tuple(side for side in sides if side in ("ours", "product") or find_spec(side))
    for run in range(1 if said.large else said.repeats):
        for side in sides:
            print(f"run {run + 1}: {side}", flush=True)
            command = [
                sys.executable, __file__, "--side", side, f"--users={said.users}",
                f"--items={said.items}", f"--folder={said.folder}",
            ]  # fmt: skip
            subprocess.run(command, check=True)


def table(said: argparse.Namespace) -> bool:
    """Print the medians; whether what must hold does."""
    lines = [json.loads(line) for line in raw(said).read_text().splitlines()]
    seconds = {
        side: median(line["seconds"] for line in lines if line["side"] == side)
        for side in SIDES
        if any(line["side"] == side for line in lines)
    }
    peak = {
        side: max(line["peak_gb"] for line in lines if line["side"] == side) for side in seconds
    }
    busy = {
        side: median(line["cpu_seconds"] for line in lines if line["side"] == side)
        for side in seconds
    }
    print(f"{said.users:,} users, {said.items:,} items, d = {WIDTH}, top {K}")
    for side in seconds:
        ratio, work = seconds["ours"] / seconds[side], busy["ours"] / busy[side]
        print(
            f"  {side:<10}{seconds[side]:9.2f} s {busy[side]:9.2f} processor s  peak "
            f"{peak[side]:5.2f} GB  ours {ratio:5.2f} x, by processor {work:5.2f} x"
        )
    ranked = median(line["ranked"] for line in lines if line["side"] == "ours")
    values = next(line["values"] for line in lines if line["side"] == "ours")
    print(f"  of ours, lists {ranked:.2f} s, {values} values {seconds['ours'] - ranked:.2f} s")
    held = not said.large or peak["ours"] < MOST_GB
    if "faiss" in seconds:
        held &= seconds["ours"] <= AT_MOST * seconds["faiss"]
    return held and all(seconds["ours"] < seconds.get(s, np.inf) for s in ("implicit", "rectools"))


def main(given: Sequence[str] | None = None) -> int:
    """Run what was asked; 0 unless what must hold does not."""
    said = arguments(given)
    if said.side:
        run_side(said)
        return 0
    run_all(said)
    return 0 if table(said) else 1


if __name__ == "__main__":
    sys.exit(main())
