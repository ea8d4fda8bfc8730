"""Measure ranked lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp
from scipy.stats import t as student

from longshelf.errors import InputError
from longshelf.metrics.lists import (
    Aplt,
    Arp,
    Coverage,
    Gini,
    HitRate,
    ListMetric,
    Lists,
    Ndcg,
    Recall,
)
from longshelf.metrics.measured import PER_TARGET, RELIABILITY, VALUES, Measured
from longshelf.slices import Slices
from longshelf.tables import FloatArray, Ranking, Targets

__all__ = ["evaluate_ranking"]

EVERY = (Ndcg, Recall, HitRate, Coverage, Gini, Aplt, Arp)


def evaluate_ranking(
    ranking: Ranking,
    relevant: sp.csr_matrix,
    targets: Targets,
    slices: Slices,
    *,
    k: int = 20,
    metrics: Sequence[ListMetric] | None = None,
    primary: str | None = None,
) -> Measured:
    """Measure lists against what was relevant; lists stay whole, slices restrict the relevant.

    Parameters
    ----------
    ranking : Ranking
        u lists.
    relevant : (u, C) CSR
        Grades of the relevant targets, in the order of the lists.
    targets : Targets
        With natural counts.
    slices : Slices
        Head, torso and tail of the targets.
    k : int, default 20
        Length at which lists are cut.
    metrics : sequence of ListMetric or None
        None is every one at ``k``.
    primary : str or None
        The metric whose influences per source are kept; None is ``ndcg@k``.

    Raises
    ------
    InputError
        If the relevant targets do not match the lists.

    Examples
    --------
    >>> from longshelf.slices import cut
    >>> targets = Targets(names=np.array(["a", "b"]), kind="item", natural=np.array([3.0, 1.0]))
    >>> ranking = Ranking(sources=np.arange(2), ids=np.array([[0], [0]]), scores=np.ones((2, 1)))
    >>> relevant = sp.csr_matrix(np.eye(2))
    >>> found = evaluate_ranking(ranking, relevant, targets, cut(targets.natural), k=1).values
    >>> found.filter(metric="recall@1", slice="all")["value"].item()
    0.5
    """
    if relevant.shape != (len(ranking.ids), len(targets)):
        raise InputError(
            f"{len(ranking.ids)} lists over {len(targets)} targets need relevance of that shape, "
            f"got {relevant.shape}"
        )
    chosen = [cls(k=k) for cls in EVERY] if metrics is None else list(metrics)
    lists = Lists(
        ranking, sp.csr_matrix(relevant), targets, slices.members.get("tail", slices.cold)
    )
    kept: dict[str, FloatArray] = {}
    main = primary or f"ndcg@{k}"
    lines = [line for metric in chosen for line in _lines(metric, lists, slices, main, kept)]
    columns = {"id": ranking.sources, "unit": ranking.sources}
    return Measured(
        values=pl.DataFrame(lines, schema=VALUES, orient="row"),
        units=pl.DataFrame({**columns, **{n: v.astype(np.float32) for n, v in kept.items()}}),
        per_target=pl.DataFrame(schema=PER_TARGET),
        reliability=pl.DataFrame(schema=RELIABILITY),
    )


def _lines(
    metric: ListMetric, lists: Lists, slices: Slices, main: str, kept: dict[str, FloatArray]
) -> Iterator[tuple[Any, ...]]:
    everything = np.ones(len(lists.targets), dtype=bool)
    whole = metric.whole(lists)
    if whole is not None:
        if np.isfinite(whole):
            yield "score", metric.id, "all", "all", whole, None, None, len(lists.ranking.ids)
        return
    places = {"all": everything, **(slices.members if metric.sliced else {})}
    for name, members in places.items():
        each = metric.per_source(lists, members)
        some = np.isfinite(each)
        n = int(some.sum())
        if n == 0:
            continue
        value = float(each[some].mean())
        low = high = None
        if n > 1:
            wide = student.ppf(0.975, n - 1) * each[some].std(ddof=1) / np.sqrt(n)
            low, high = max(value - wide, metric.limits[0]), min(value + wide, metric.limits[1])
        axis = "all" if name == "all" else "target"
        yield "score", metric.id, axis, name, value, low, high, n
        if metric.id == main and name != "cold":
            kept[f"score|{main}|{name}"] = np.where(some, each - value, 0.0) * (len(each) / n)
