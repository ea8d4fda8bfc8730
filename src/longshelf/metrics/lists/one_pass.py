"""One pass over blocks of sources, adding up every metric that is a mean over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from longshelf.metrics.lists.base import CatalogueMetric, ListMetric, qualified
from longshelf.metrics.lists.block import Block
from longshelf.metrics.lists.held import BLOCK, Held
from longshelf.metrics.lists.moments import Moments
from longshelf.metrics.lists.tallies import Sums, measured_tallies, parts_of
from longshelf.metrics.measured import PER_TARGET
from longshelf.metrics.reading import Strata
from longshelf.tables import FloatArray, IntArray

__all__ = ["OnePass"]

KEPT = ("all", "head", "torso", "tail")

LISTED = ("listed", "hits")
"""What the table of targets says of lists beside what it says of decisions."""


@dataclass(eq=False)
class OnePass:
    """One pass over blocks of sources, adding up."""

    lists: Held
    metrics: list[ListMetric]
    strata: list[Strata]
    main: ListMetric
    k: int
    weights: Mapping[str | None, FloatArray | None]
    moments: dict[tuple[int, str, str | None], Moments] = field(default_factory=dict)
    kept: tuple[FloatArray, FloatArray] | None = None

    @cached_property
    def part(self) -> IntArray:
        """Group of sources each source is left out with; (u,)."""
        return parts_of(self.lists.ranking.sources)

    def go(self, ks: Sequence[int]) -> None:
        """Read every block."""
        size = len(self.lists.targets)
        self.sums = Sums(ks)
        self.hits, self.relevant, self.listed = (np.zeros(size) for _ in range(3))
        condensed, tops, bottoms = [], [], []
        for start in range(0, self.lists.u, BLOCK):
            block = self.lists.block(start)
            self.sums.add(block, self.part[start : start + block.u])
            self._count(block)
            for number, metric in enumerate(self.metrics):
                top, bottom = metric.per_source(block)
                self._add(number, start, top, bottom)
                if metric is self.main:
                    tops.append(top.astype(np.float32))
                    bottoms.append(bottom.astype(np.float32))
            if self.lists.condensed:
                condensed.append(block.ids)
        if condensed:
            self.ids = np.concatenate(condensed)
        if tops:
            self.kept = np.concatenate(tops, axis=1), np.concatenate(bottoms, axis=1)

    def _count(self, block: Block) -> None:
        size = len(self.lists.targets)
        target, place = block.truth.target, block.truth.place
        self.relevant += np.bincount(target, minlength=size)
        self.hits += np.bincount(target[place < self.k], minlength=size)
        ids = block.ids[:, : self.k]
        self.listed += np.bincount(ids[ids >= 0], minlength=size)

    def _add(self, number: int, start: int, top: FloatArray, bottom: FloatArray) -> None:
        end = start + top.shape[1]
        for by, weight in self.weights.items():
            if weight is not None:
                top, bottom = top * weight[start:end], bottom * weight[start:end]
            self._sum((number, "all", by), Moments.of(top, bottom))
            for strata in self.strata:
                code = strata.code[start:end]
                found = Moments.by_group(top[0], bottom[0], code, len(strata))
                self._sum((number, strata.axis, by), found)

    def _sum(self, key: tuple[int, str, str | None], found: Moments) -> None:
        self.moments[key] = self.moments[key] + found if key in self.moments else found

    def lines(self, pool: str | None) -> Iterator[tuple[Any, ...]]:
        """Rows of the values table."""
        names = self.lists.catalogue.slices
        for number, metric in enumerate(self.metrics):
            for by in self.weights:
                name = qualified(metric.id, pool=pool, by=by)
                found = self.moments.get((number, "all", by))
                if found is not None:
                    yield from _rows(metric, name, found, "target", names)
                for strata in self.strata:
                    found = self.moments[number, strata.axis, by]
                    yield from _rows(metric, name, found, strata.axis, strata.names)
                    yield from _spread(metric, name, found, strata.axis)

    def units(self, main: str) -> pl.DataFrame:
        """Influence of every source on the primary metric, by slice."""
        sources = self.lists.ranking.sources
        columns: dict[str, Any] = {"id": sources, "unit": sources}
        if self.kept is not None:
            for name, top, bottom in zip(self.lists.catalogue.slices, *self.kept, strict=False):
                if name in KEPT and bottom.sum() > 0:
                    ratio, mean = top.sum(dtype=float) / bottom.sum(dtype=float), bottom.mean()
                    influence = (top - ratio * bottom) / mean
                    columns[f"score|{main}|{name}"] = influence.astype(np.float32)
        return pl.DataFrame(columns)

    def per_target(self) -> pl.DataFrame:
        """How often each target was listed, hit and relevant."""
        targets = self.lists.targets
        hits, relevant, listed = self.hits, self.relevant, self.listed
        recall, precision = (
            np.divide(hits, below, out=np.full(len(hits), np.nan), where=below > 0)
            for below in (relevant, listed)
        )
        columns = {
            "target": targets.names.astype(str),
            "train_count": np.rint(self.lists.catalogue.natural).astype(np.int64),
            "support": relevant.astype(np.int64),
            "recall": recall,
            "precision": precision,
            "listed": listed.astype(np.int64),
            "hits": hits.astype(np.int64),
        }
        table = pl.DataFrame(columns, nan_to_null=True).with_columns(decision=pl.lit("score"))
        return table.select(*PER_TARGET, *LISTED)

    def catalogue_lines(
        self, metrics: Sequence[CatalogueMetric], pool: str | None
    ) -> Iterator[tuple[Any, ...]]:
        """Rows of the values table that belong to no source."""
        lists = self.lists
        ids = self.ids if lists.condensed else lists.ranking.ids
        for metric, value, wide in measured_tallies(
            metrics, lists.catalogue, ids, self.part, self.sums
        ):
            if np.isfinite(value):
                limits = _limits(metric, value, wide)
                yield (
                    "score",
                    qualified(metric.id, pool=pool),
                    "all",
                    "all",
                    value,
                    *limits,
                    lists.u,
                )


def _limits(metric: ListMetric, value: float, wide: float) -> tuple[float | None, float | None]:
    if not np.isfinite(wide):
        return None, None
    low, high = metric.limits
    return max(value - wide, low), min(value + wide, high)


def _rows(
    metric: ListMetric, name: str, found: Moments, axis: str, places: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    flat = zip(places, found.value, found.half_width, found.support, strict=False)
    for place, value, wide, count in flat:
        if np.isfinite(value):
            on = "all" if place == "all" and axis == "target" else axis
            low, high = _limits(metric, float(value), float(wide))
            yield "score", name, on, place, float(value), low, high, round(float(count))


def _spread(metric: ListMetric, name: str, found: Moments, axis: str) -> Iterator[tuple[Any, ...]]:
    """Worst group, gap, standard deviation and ratio over the groups that have a value."""
    values = found.value[np.isfinite(found.value)]
    if len(values) < 2:
        return
    least, most = float(values.min()), float(values.max())
    by = {
        "worst": least if metric.greater_is_better else most,
        "gap": most - least,
        "std": float(values.std()),
    }
    if least >= 0 and most > 0:
        by["ratio"] = least / most
    for place, value in by.items():
        yield "score", name, axis, place, value, None, None, round(float(found.support.sum()))
