"""Measure ranked lists: every metric, cut-off, slice and group in one pass over the sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.components import build, known
from longshelf.errors import InputError, unknown
from longshelf.metrics.evaluate import strata_of
from longshelf.metrics.lists.base import CatalogueMetric, ListMetric, qualified
from longshelf.metrics.lists.block import Block, Catalogue, places
from longshelf.metrics.lists.diversity import unit_length
from longshelf.metrics.lists.moments import Moments
from longshelf.metrics.lists.tallies import Sums, measured_tallies, parts_of
from longshelf.metrics.measured import PER_TARGET, RELIABILITY, VALUES, Measured
from longshelf.metrics.reading import Strata
from longshelf.slices import Slices
from longshelf.tables import FloatArray, IntArray, Ranking, Targets

__all__ = ["evaluate_ranking"]

BLOCK = 1 << 15
"""Lists measured at once."""

KEPT = ("all", "head", "torso", "tail")

LISTED = ("listed", "hits")
"""What the table of targets says of lists beside what it says of decisions."""


def evaluate_ranking(
    ranking: Ranking,
    relevant: sp.csr_matrix,
    targets: Targets,
    slices: Slices,
    *,
    k: int = 20,
    ks: Sequence[int] = (),
    metrics: Sequence[ListMetric] | None = None,
    primary: str | None = None,
    groups: pl.DataFrame | None = None,
    history: sp.csr_matrix | None = None,
    vectors: FloatArray | None = None,
    propensity: FloatArray | None = None,
    judged: sp.csr_matrix | None = None,
    traffic: FloatArray | None = None,
    pool: str | None = None,
) -> Measured:
    """Measure lists against what was relevant; lists stay whole, slices restrict the relevant.

    Sources are read in blocks, so memory does not grow with metrics, cut-offs or slices, and
    nothing of the size of sources times targets is ever made.

    Parameters
    ----------
    ranking : Ranking
        u lists, with the scores that ordered them.
    relevant : (u, C) CSR
        Grades of the relevant targets, in the order of the lists.
    targets : Targets
        With natural counts.
    slices : Slices
        Head, torso and tail of the targets.
    k : int, default 20
        Length at which lists are cut.
    ks : sequence of int, default ()
        Further lengths, measured in the same pass.
    metrics : sequence of ListMetric or None
        None is every one at every length that what is given allows.
    primary : str or None
        Id of the metric whose influences per source are kept; None is ``ndcg@k``.
    groups : polars.DataFrame, u rows, or None
        One column per group axis of the sources; groups under 30 are pooled into ``other``.
    history : (U, C) CSR or None
        Training interactions per source, the row being ``ranking.sources``.
    vectors : (C, d) float array or None
        One vector per target, for diversity.
    propensity : (C,) float array or None
        Probability that an interaction with a target was observed.
    judged : (u, C) CSR or None
        Stored entries are judgements, of whatever value.
    traffic : (u,) float array or None
        How often each source asks; adds the metrics so weighted, ``[by=traffic]`` in their ids.
    pool : str or None
        What was ranked, where it is not the catalogue; it stands in every id. ``judged`` drops
        from the lists what nobody judged before they are cut.

    Raises
    ------
    InputError
        If the relevant targets do not match the lists, a list holds a target twice, or the pool is
        ``judged`` and nothing says what was.

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
    lists = _Lists(
        ranking, sp.csr_matrix(relevant), targets, slices, history, vectors, propensity, judged,
        pool == "judged",
    )  # fmt: skip
    lists.check()
    if traffic is not None and len(traffic) != len(ranking.ids):
        raise InputError(f"{len(ranking.ids)} lists need as much traffic, got {len(traffic)}")
    every = lists.applicable(sorted({k, *ks})) if metrics is None else list(metrics)
    main = _main(primary or f"ndcg@{k}", every, pool)
    strata = [] if groups is None else strata_of(groups)
    run = _Pass(lists, [m for m in every if not isinstance(m, CatalogueMetric)], strata, main, k)
    run.weights = {None: None} if traffic is None else {None: None, "traffic": np.asarray(traffic)}
    whole = [metric for metric in every if isinstance(metric, CatalogueMetric)]
    run.go(sorted({metric.k for metric in whole}))
    lines = [*run.lines(pool), *lists.catalogue_lines(whole, run, pool)]
    return Measured(
        values=pl.DataFrame(lines, schema=VALUES, orient="row"),
        units=run.units(qualified(main.id, pool=pool)),
        per_target=run.per_target(),
        reliability=pl.DataFrame(schema=RELIABILITY),
    )


def _main(primary: str, every: list[ListMetric], pool: str | None) -> ListMetric:
    """The metric an id or a typed name stands for, measured in any case."""
    for metric in every:
        if primary in (metric.id, qualified(metric.id, pool=pool)):
            return metric
    stem, _, cut = primary.partition("@")
    if cut.isdigit():
        stems = {cls().stem: cls for cls in known("metric").values() if issubclass(cls, ListMetric)}
        if stem not in stems:
            raise unknown("ranking metric", stem, stems)
        main: ListMetric = stems[stem](k=int(cut))
    else:
        main = build("metric", primary)
    every.append(main)
    return main


@dataclass(frozen=True, eq=False)
class _Lists:
    """Lists and whatever is known beside them."""

    ranking: Ranking
    relevant: sp.csr_matrix
    targets: Targets
    slices: Slices
    history: sp.csr_matrix | None
    vectors: FloatArray | None
    propensity: FloatArray | None
    judged: sp.csr_matrix | None
    condensed: bool

    def check(self) -> None:
        shape = (len(self.ranking.ids), len(self.targets))
        for name, given in (("relevance", self.relevant), ("judgements", self.judged)):
            if given is not None and given.shape != shape:
                raise InputError(
                    f"{shape[0]} lists over {shape[1]} targets need {name} of that shape, "
                    f"got {given.shape}"
                )
        for name, each in (("vector", self.vectors), ("propensity", self.propensity)):
            if each is not None and len(each) != shape[1]:
                raise InputError(f"{shape[1]} targets need one {name} each, got {len(each)}")
        if self.condensed and self.judged is None:
            raise InputError("the pool 'judged' needs to be told what was judged: give judged=")

    @property
    def u(self) -> int:
        return len(self.ranking.ids)

    @cached_property
    def given(self) -> frozenset[str]:
        """What metrics may need."""
        said = {
            "history": self.history is not None,
            "vectors": self.vectors is not None,
            "propensity": self.propensity is not None,
            "judged": self.judged is not None,
            "slices": bool((self.targets.natural > 0).any()),
            "grades": bool(self.relevant.nnz and self.relevant.data.max() > 1),
        }
        return frozenset(name for name, there in said.items() if there)

    def applicable(self, ks: Sequence[int]) -> list[ListMetric]:
        """Every metric of the namespace at every cut-off, where it can be measured."""
        found: list[ListMetric] = []
        for cls in known("metric").values():
            if issubclass(cls, ListMetric) and cls.needs <= self.given:
                found += [cls(k=k) for k in (ks if cls.cut else ks[:1])]
        return found

    @cached_property
    def catalogue(self) -> Catalogue:
        sliced = self.slices.members if "slices" in self.given else {}
        every = np.ones(len(self.targets), dtype=bool)
        users = None
        if self.history is not None:
            users = np.bincount(self.history.indices, minlength=len(self.targets)).astype(float)
        return Catalogue(
            natural=np.asarray(self.targets.natural, dtype=float)
            if len(self.targets.natural)
            else np.zeros(len(self.targets)),
            members={"all": every, **sliced},
            of=self.slices.of.astype(np.int64),
            users=users,
            sources=0 if self.history is None else self.history.shape[0],
            vectors=None if self.vectors is None else unit_length(self.vectors),
            propensity=self.propensity,
        )

    def block(self, start: int) -> Block:
        """Some of the lists."""
        some = slice(start, start + BLOCK)
        ids, scores = self.ranking.ids[some], self.ranking.scores[some]
        _refuse_repeats(ids, start)
        judged = None if self.judged is None else self.judged[some]
        if self.condensed and judged is not None:
            ids, scores = _condensed(ids, scores, judged)
        profile = None
        if self.history is not None:
            profile = self.history[self.ranking.sources[some]]
        return Block(
            ids=ids, scores=scores, relevant=self.relevant[some], catalogue=self.catalogue,
            profile=profile, judged=judged,
        )  # fmt: skip

    def catalogue_lines(
        self, metrics: Sequence[CatalogueMetric], run: _Pass, pool: str | None
    ) -> Iterator[tuple[Any, ...]]:
        ids = run.ids if self.condensed else self.ranking.ids
        for metric, value, wide in measured_tallies(
            metrics, self.catalogue, ids, run.part, run.sums
        ):
            if np.isfinite(value):
                limits = _limits(metric, value, wide)
                yield "score", qualified(metric.id, pool=pool), "all", "all", value, *limits, self.u


def _refuse_repeats(ids: IntArray, start: int) -> None:
    ordered = np.sort(ids, axis=1)
    twice = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any(axis=1)
    if twice.any():
        raise InputError(
            f"a list holds a target once, but {int(twice.sum())} lists repeat one, "
            f"first list {start + int(twice.argmax())}; drop the repeats"
        )


def _condensed(
    ids: IntArray, scores: FloatArray, judged: sp.csr_matrix
) -> tuple[IntArray, FloatArray]:
    """Lists without what nobody judged."""
    source = np.repeat(np.arange(len(ids)), np.diff(judged.indptr))
    place = places(ids, source, judged.indices)
    there = place < ids.shape[1]
    kept = np.zeros(ids.shape, dtype=bool)
    kept[source[there], place[there]] = True
    order = np.argsort(~kept, axis=1, kind="stable")
    kept = np.take_along_axis(kept, order, axis=1)
    ids = np.where(kept, np.take_along_axis(ids, order, axis=1), -1)
    return ids, np.where(kept, np.take_along_axis(scores, order, axis=1), -np.inf)


def _limits(metric: ListMetric, value: float, wide: float) -> tuple[float | None, float | None]:
    if not np.isfinite(wide):
        return None, None
    low, high = metric.limits
    return max(value - wide, low), min(value + wide, high)


@dataclass(eq=False)
class _Pass:
    """One pass over blocks of sources, adding up."""

    lists: _Lists
    metrics: list[ListMetric]
    strata: list[Strata]
    main: ListMetric
    k: int
    weights: dict[str | None, FloatArray | None] = field(default_factory=dict)
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
