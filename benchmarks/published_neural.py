"""Published figures of neural rankers, from our own training: SASRec, MF-BPR and LightGCN.

    python benchmarks/published_neural.py beauty --loss bce
    python benchmarks/published_neural.py gowalla --model matrix_factorisation --loss bpr

Protocol as published: on Beauty the last item of each user is the test, the one before it
validates and is part of the test's history; on Gowalla the split of LightGCN, one training row in
twenty held out to watch. All items are ranked, those of the history left out. Every line of the
output is JSON; seconds are wall-clock.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp

import longshelf as ls
from longshelf.components import build
from longshelf.slices import cut
from longshelf.strategies import Strategy
from longshelf.tables import FloatArray, IntArray, Rows, Targets, Valid

LENGTH = 50


@dataclass(frozen=True, kw_only=True)
class Uniform(Strategy):
    """Items drawn uniformly, the same for the whole batch, against each row's own.

    Parameters
    ----------
    kind : {"bpr", "bce"}
        Mean over the drawn items of the pairwise loss, or of binary cross-entropy beside the
        row's own.
    """

    kind: str = "bpr"

    def negatives(
        self, rows: Rows, targets: Targets, k: int, net: Any, rng: np.random.Generator
    ) -> tuple[IntArray, FloatArray]:
        drawn = rng.choice(len(targets), size=min(k, len(targets)), replace=False)
        ids = np.unique(np.concatenate([drawn, rows.code]))
        log_q = np.where(np.isin(ids, drawn), -np.log(len(targets)), -np.inf)
        return ids, log_q

    def loss(self, z: Any, batch: Any, targets: Targets) -> Any:
        import torch
        from torch.nn.functional import softplus

        assert targets.log_q is not None
        columns = torch.from_numpy(np.flatnonzero(np.isfinite(targets.log_q)))
        own = z.gather(1, batch.y[:, None])
        drawn, other = z[:, columns], columns[None] != batch.y[:, None]
        if self.kind == "bce":
            return softplus(-own)[:, 0] + (softplus(drawn) * other).sum(dim=1) / other.sum(dim=1)
        return (softplus(drawn - own) * other).sum(dim=1) / other.sum(dim=1)


@dataclass(frozen=True)
class Task:
    """Training rows, what to rank for, and what is relevant."""

    X: IntArray
    rows: Rows
    valid: Valid
    X_test: IntArray
    seen: sp.csr_matrix
    relevant: sp.csr_matrix
    targets: Targets


def rows_of(code: IntArray) -> Rows:
    """Rows that hold nothing but their item."""
    empty = pl.DataFrame({"user": np.zeros(len(code), np.int32)})
    return Rows(id=np.arange(len(code)), inputs=empty, y=code, code=code, groups=empty.select())


def matrix(users: IntArray, items: IntArray, shape: tuple[int, int]) -> sp.csr_matrix:
    """Ones where a user has an item."""
    found = sp.csr_matrix((np.ones(len(users), np.float32), (users, items)), shape=shape)
    found.data[:] = 1
    return found


def past(items: Sequence[int]) -> IntArray:
    """The last items as a left-padded row of ``history`` features."""
    last = np.asarray(items[-LENGTH:], np.int64) + 1
    return np.pad(last, (LENGTH - len(last), 0))


def beauty(shop: str) -> Task:
    """Leave-last-out: each user's windowed training sequence, as the published code cuts it."""
    frame = ls.load(f"amazon_sequences(shop={shop!r})").rows
    codes = (frame["item"].rank("dense") - 1).to_numpy().astype(np.int64)
    bounds = np.flatnonzero(np.diff(frame["user"].to_numpy(), prepend=-1))
    users = np.split(codes, bounds[1:])
    X, y = [], []
    for own in users:
        window = own[:-2][-LENGTH - 1 :]
        for end in range(1, len(window)):
            X.append(past(window[:end]))
            y.append(window[end])
    items = int(codes.max()) + 1
    shape = (len(users), items)
    before = [own[:-1] for own in users]
    named = np.repeat(np.arange(len(users)), [len(own) for own in before])
    last = np.array([own[-1] for own in users])
    valid = np.array([own[-2] for own in users])
    rows = rows_of(np.array(y))
    counted = rows_of(np.concatenate([own[:-2] for own in users]))
    return Task(
        X=np.array(X),
        rows=rows,
        valid=Valid(X=np.array([past(own[:-2]) for own in users]), rows=rows_of(valid)),
        X_test=np.array([past(own) for own in before]),
        seen=matrix(named, np.concatenate(before), shape),
        relevant=matrix(np.arange(len(users)), last, shape),
        targets=Targets(names=np.arange(items).astype(str), kind="item").observed(counted),
    )


def gowalla(hold: float = 0.05) -> Task:
    """The split of LightGCN; a share of the training rows is held out to watch, none for 0."""
    frame = ls.load("gowalla").rows
    user, item = (frame[c].to_numpy().astype(np.int64) for c in ("user", "item"))
    train = (frame["split"] == "train").to_numpy()
    shape = (int(user.max()) + 1, int(item.max()) + 1)
    away = train & (np.random.default_rng(0).random(len(user)) < max(hold, 1e-3))
    kept = train & ~away if hold else train
    rows = rows_of(item[kept])
    return Task(
        X=user[kept, None] + 1,
        rows=rows,
        valid=Valid(X=user[away, None] + 1, rows=rows_of(item[away])),
        X_test=np.arange(shape[0])[:, None] + 1,
        seen=matrix(user[train], item[train], shape),
        relevant=matrix(user[~train], item[~train], shape),
        targets=Targets(names=np.arange(shape[1]).astype(str), kind="item").observed(rows),
    )


def measure(ranked: IntArray, task: Task, k: int) -> dict[str, float]:
    """Recall, hit rate and NDCG at k; who is listed; recall by head, torso and tail."""
    ids = ranked[:, :k]
    hit = np.asarray(task.relevant[np.arange(len(ids))[:, None], np.maximum(ids, 0)].todense())
    hit = hit * (ids >= 0)
    size = np.diff(task.relevant.indptr)
    judged = size > 0
    gain = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(gain)[np.minimum(size[judged], k) - 1]
    recall = hit.sum(axis=1)[judged] / size[judged]
    found = {
        f"recall@{k}": recall.mean(),
        f"hr@{k}": (hit.sum(axis=1)[judged] > 0).mean(),
        f"ndcg@{k}": ((hit @ gain)[judged] / ideal).mean(),
        "arp": task.targets.natural[ids].mean(),
        "coverage": len(np.unique(ids)) / len(task.targets),
    }
    for name, part in cut(task.targets.natural, "mass").members.items():
        relevant = np.asarray(task.relevant[:, np.flatnonzero(part)].sum(axis=1)).ravel()
        own = (hit * part[ids]).sum(axis=1)[relevant > 0]
        found[f"recall@{k}/{name}"] = (own / relevant[relevant > 0]).mean()
    return {name: round(float(value), 5) for name, value in found.items()}


def run(said: argparse.Namespace) -> None:
    """Fit one model and print what it reaches."""
    task = gowalla(said.hold) if said.data == "gowalla" else beauty(said.data.capitalize())
    losses = {"softmax": Strategy(), "bpr": Uniform(kind="bpr"), "bce": Uniform(kind="bce")}
    strategy = losses[said.loss] if said.loss in losses else build("strategy", said.loss)
    started = time.perf_counter(), time.process_time()
    fitted = build("model", said.model).fit(
        task.X, task.rows, task.valid, task.targets, strategy, np.random.default_rng(said.seed)
    )
    spent = time.perf_counter() - started[0], time.process_time() - started[1]
    epochs = fitted.history
    for number, epoch in enumerate(epochs):
        if number % max(1, len(epochs) // 20) == 0 or number == len(epochs) - 1:
            print(json.dumps({"epoch": number, **{k: round(v, 4) for k, v in epoch.items()}}))
    k = 20 if said.data == "gowalla" else 10
    ranking = fitted.rank(task.X_test, k, task.seen)
    told = {
        "data": said.data, "model": said.model, "loss": said.loss, "seed": said.seed,
        "rows": len(task.rows), "epochs": len(epochs), "seconds": round(spent[0]),
        "cpu_seconds": round(spent[1]), "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        **measure(ranking.ids, task, k),
    }  # fmt: skip
    print(json.dumps(told), flush=True)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", choices=("beauty", "sports", "toys", "gowalla"))
    parser.add_argument("--model", default="sas_rec(epochs=200, negatives=256, patience=0)")
    parser.add_argument("--loss", default="bce", help="softmax, bpr, bce, or a strategy")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--hold", type=float, default=0.05, help="share of gowalla's train to watch"
    )
    return parser.parse_args(given)


if __name__ == "__main__":
    run(arguments())
