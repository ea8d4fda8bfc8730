"""Measure a partition: every metric, by cluster size and group, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import polars as pl

from longshelf.components import known
from longshelf.metrics.clusters import ClusterMetric, Grouping
from longshelf.metrics.evaluate import strata_of
from longshelf.metrics.intervals import interval
from longshelf.metrics.measured import PER_TARGET, RELIABILITY, VALUES, Measured
from longshelf.slices import HEAD, TORSO, Slices
from longshelf.tables import BoolArray, FloatArray, IntArray, Rows

__all__ = ["SIZES", "evaluate_clusters", "shelves"]

SIZES = ((1, "1"), (2, "2"), (4, "3 to 4"), (8, "5 to 8"), (16, "9 to 16"))
"""Largest true size of each size slice, and its name."""
PRIMARY = "b_cubed_f1"


def shelves(size: IntArray, natural: FloatArray, slices: Slices) -> Mapping[str, BoolArray]:
    """Rows by the shelf that training clusters of their cluster's size stand on; name to (n,).

    Parameters
    ----------
    size : (n,) int array
        Rows of each row's true cluster.
    natural : (C,) float array
        Rows of every cluster in the training part.
    slices : Slices
        Of the training clusters.

    Examples
    --------
    >>> from longshelf.slices import cut
    >>> natural = np.array([8.0, 2, 1, 1])
    >>> {name: rows.tolist() for name, rows in shelves(np.array([9, 1]), natural, cut(natural)).items()}
    {'head': [True, False], 'tail': [False, True]}
    """
    head = natural[slices.of == HEAD].min(initial=np.inf)
    torso = natural[slices.of == TORSO].min(initial=head)
    masks = {"head": size >= head, "torso": (size >= torso) & (size < head), "tail": size < torso}
    return {name: mask for name, mask in masks.items() if mask.any()}


def _by_size(size: IntArray) -> Mapping[str, BoolArray]:
    edges = [most for most, _ in SIZES]
    place = np.searchsorted(edges, size)
    names = [*(name for _, name in SIZES), f"over {edges[-1]}"]
    return {name: place == k for k, name in enumerate(names) if (place == k).any()}


def evaluate_clusters(said: IntArray, rows: Rows, natural: FloatArray, slices: Slices) -> Measured:
    """Measure the clusters some rows were put in.

    Parameters
    ----------
    said : (n,) int array
        Decided cluster of each row.
    rows : Rows
        n rows; ``code`` is the true cluster.
    natural : (C,) float array
        Rows of every cluster in the training part: they say which sizes are head and tail.
    slices : Slices
        Of the training clusters.

    Examples
    --------
    >>> from longshelf.slices import cut
    >>> code = np.array([0, 0, 1])
    >>> rows = Rows(id=np.arange(3), inputs=pl.DataFrame(), y=code, code=code, groups=pl.DataFrame())
    >>> natural = np.array([2.0, 1.0])
    >>> found = evaluate_clusters(np.array([7, 7, 8]), rows, natural, cut(natural)).values
    >>> found.filter(metric="b_cubed_f1", slice="all")["value"].item()
    1.0
    """
    true = np.asarray(rows.code)
    grouping, size = Grouping(said, true), np.bincount(true)[true]
    places = {("all", "all"): np.ones(len(true), dtype=bool)}
    places |= {("target", name): rows_ for name, rows_ in shelves(size, natural, slices).items()}
    places |= {("size", name): rows_ for name, rows_ in _by_size(size).items()}
    for strata in strata_of(rows.groups):
        places |= {(strata.axis, name): strata.code == g for g, name in enumerate(strata.names)}
    every = [cls() for cls in known("metric").values() if issubclass(cls, ClusterMetric)]
    kept: dict[str, FloatArray] = {}
    lines = [line for metric in every for line in _lines(metric, grouping, places, kept)]
    return Measured(
        values=pl.DataFrame(lines, schema=VALUES, orient="row"),
        units=pl.DataFrame({"id": rows.id, "unit": true, **kept}),
        per_target=pl.DataFrame(schema=PER_TARGET),
        reliability=pl.DataFrame(schema=RELIABILITY),
    )


def _lines(
    metric: ClusterMetric,
    grouping: Grouping,
    places: Mapping[tuple[str, str], BoolArray],
    kept: dict[str, FloatArray],
) -> Iterator[tuple[Any, ...]]:
    for (axis, name), members in places.items():
        value, moved = metric.of(grouping, members)
        if not np.isfinite(value):
            continue
        low, high = interval(metric, value, moved, grouping.true, members)
        yield "score", metric.id, axis, name, value, low, high, int(members.sum())
        if moved is not None and metric.id == PRIMARY and axis in ("all", "target"):
            kept[f"score|{metric.id}|{name}"] = moved.astype(np.float32)
