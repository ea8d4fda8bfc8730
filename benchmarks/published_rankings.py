"""Published figures of classic rankers, from our own fits, with who pays for them beside.

    python benchmarks/published_rankings.py gowalla
    python benchmarks/published_rankings.py gowalla --models "ease(l2=80.0)" --protocol published
    python benchmarks/published_rankings.py beauty --models "most_popular;item_knn" --features history

Every item is ranked, those a user was known to have left out. ``published`` does as the papers did:
on Gowalla it learns from the whole training part of LightGCN's split; on the Amazon sets it counts
popularity over every interaction, the held-out ones included (``leaky``). ``honest`` holds a tenth
of Gowalla's training rows back for tuning, and counts on all but the last two items of a user.
Every line of the output is JSON: the figure, the published one, recall by head, torso and tail,
mean popularity of what is listed, coverage, seconds and peak memory of the process so far.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

import longshelf as ls
from longshelf.components import build
from longshelf.metrics import evaluate_ranking
from longshelf.slices import cut
from longshelf.splits import LeaveLastOut, Published
from longshelf.strategies import Strategy
from longshelf.tables import BoolArray, Matrix, Rows, Targets, Valid
from longshelf.tasks import Rank
from longshelf.tasks.base import Problem
from longshelf.tasks.interactions import grades, held

PUBLISHED: Mapping[tuple[str, str], Mapping[str, float]] = {
    ("gowalla", "most_popular"): {"recall@20": 0.0416, "ndcg@20": 0.0317},
    ("gowalla", "item_knn"): {"recall@20": 0.1570, "ndcg@20": 0.1214},
    ("gowalla", "ease"): {"recall@20": 0.1765, "ndcg@20": 0.1467},
    ("beauty", "most_popular"): {"hit_rate@10": 0.0152, "ndcg@10": 0.0068},
    ("sports", "most_popular"): {"hit_rate@10": 0.0094, "ndcg@10": 0.0053},
    ("toys", "most_popular"): {"hit_rate@10": 0.0113, "ndcg@10": 0.0061},
}
"""BARS for Gowalla (most popular: our own count of its data), S3-Rec's table for Amazon."""


@dataclass(frozen=True)
class Case:
    """What to learn from, whom to rank for, and what is right."""

    name: str
    protocol: str
    X: Matrix
    rows: Rows
    X_test: Matrix
    seen: sp.csr_matrix
    relevant: sp.csr_matrix
    targets: Targets

    @property
    def k(self) -> int:
        """Cut-off of the published figures."""
        return 20 if self.name == "gowalla" else 10


def cases(name: str, features: str, protocols: Sequence[str]) -> Iterator[Case]:
    """The data under each protocol."""
    whole = "gowalla" if name == "gowalla" else f"amazon_sequences(shop={name.capitalize()!r})"
    problem = Rank().pose(ls.load(whole))
    split = Published() if name == "gowalla" else LeaveLastOut()
    part = split.assign(problem, 0)
    train, valid, test = (part.of(code) for code in range(3))
    if "honest" in protocols:
        yield case(name, "honest", problem, features, train, train | valid, test)
    if "published" in protocols:
        learned = train | valid if name == "gowalla" else train | valid | test
        yield case(name, "published", problem, features, learned, train | valid, test)


def case(
    name: str,
    protocol: str,
    problem: Problem,
    features: str,
    learned: BoolArray,
    known: BoolArray,
    asked: BoolArray,
) -> Case:
    """Learn from some rows, leave out what is known, ask for others; histories end at the known."""
    rows, informed = problem.rows, problem.task.informed
    log, none = rows.take(known), rows.take(np.zeros(0, dtype=np.int64))
    train = informed(rows.take(learned), none, none)[0]
    test = informed(log, none, rows.take(asked))[2]
    recipe = build("features", features).fit(train, problem.dataset.schema)
    sources, first = np.unique(np.asarray(test.source), return_index=True)
    return Case(
        name=name,
        protocol=protocol,
        X=recipe.transform(train),
        rows=train,
        X_test=recipe.transform(test.take(first)),
        seen=held(problem, log)[sources],
        relevant=grades(test, problem)[sources],
        targets=problem.targets.observed(train),
    )


def run(task: Case, model: str) -> dict[str, object]:
    """Fit, rank and measure one model."""
    started, cpu = time.perf_counter(), time.process_time()
    valid = Valid(X=task.X[:0], rows=task.rows.take(np.arange(0)))
    fitted = build("model", model).fit(
        task.X, task.rows, valid, task.targets, Strategy(), np.random.default_rng(0)
    )
    fit = time.perf_counter() - started
    ranking = fitted.rank(task.X_test, task.k, task.seen)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    slices = cut(task.targets.natural)
    found = evaluate_ranking(ranking, task.relevant, task.targets, slices, k=task.k).values
    value = {
        (metric, axis, part): figure
        for metric, axis, part, figure in found.select(
            "metric", "slice_axis", "slice", "value"
        ).iter_rows()
    }
    known = PUBLISHED.get((task.name, model.partition("(")[0]), {})
    main = ["recall", "ndcg"] if task.name == "gowalla" else ["hit_rate", "ndcg"]
    told: dict[str, object] = {"data": task.name, "protocol": task.protocol, "model": model}
    for stem in main:
        metric = f"{stem}@{task.k}"
        told[metric] = round(value[metric, "all", "all"], 5)
        if metric in known:
            told[f"published {metric}"] = known[metric]
    for part in slices.members:
        if (figure := value.get((f"recall@{task.k}", "target", part))) is not None:
            told[f"recall@{task.k} {part}"] = round(figure, 5)
    for stem in ("arp", "aplt", "coverage", "gini"):
        told[stem] = round(value[f"{stem}@{task.k}", "all", "all"], 4)
    spent = {"fit": fit, "with ranking": wall, "cpu": cpu}
    told["seconds"] = {name: round(figure, 1) for name, figure in spent.items()}
    told["peak GB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)
    told["threads"] = os.environ.get("OMP_NUM_THREADS", "all")
    return told


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", choices=("gowalla", "beauty", "sports", "toys"))
    parser.add_argument("--models", default="most_popular", help="one name, or several with ;")
    parser.add_argument("--features", default="ids", choices=("ids", "history"))
    parser.add_argument("--protocol", default="published,honest")
    return parser.parse_args(given)


if __name__ == "__main__":
    said = arguments()
    for task in cases(said.data, said.features, said.protocol.split(",")):
        for model in said.models.split(";"):
            print(json.dumps(run(task, model.strip())), flush=True)
