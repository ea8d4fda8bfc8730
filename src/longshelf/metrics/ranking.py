"""Measure ranked lists: every metric, cut-off, slice and group in one pass over the sources."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.components import build, known
from longshelf.errors import InputError, unknown
from longshelf.metrics.evaluate import strata_of
from longshelf.metrics.lists.base import CatalogueMetric, ListMetric, qualified
from longshelf.metrics.lists.held import Held
from longshelf.metrics.lists.one_pass import OnePass
from longshelf.metrics.measured import RELIABILITY, VALUES, Measured
from longshelf.slices import Slices
from longshelf.tables import FloatArray, Ranking, Targets

__all__ = ["evaluate_ranking"]


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
    lists = Held(
        ranking, sp.csr_matrix(relevant), targets, slices, history, vectors, propensity, judged,
        pool == "judged",
    )  # fmt: skip
    lists.check()
    if traffic is not None and len(traffic) != len(ranking.ids):
        raise InputError(f"{len(ranking.ids)} lists need as much traffic, got {len(traffic)}")
    every = _applicable(lists.given, sorted({k, *ks})) if metrics is None else list(metrics)
    main = _main(primary or f"ndcg@{k}", every, pool)
    whole = [metric for metric in every if isinstance(metric, CatalogueMetric)]
    run = OnePass(
        lists, [metric for metric in every if not isinstance(metric, CatalogueMetric)],
        [] if groups is None else strata_of(groups), main, k,
        {None: None, **({} if traffic is None else {"traffic": np.asarray(traffic)})},
    )  # fmt: skip
    run.go(sorted({metric.k for metric in whole}))
    lines = [*run.lines(pool), *run.catalogue_lines(whole, pool)]
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


def _applicable(given: frozenset[str], ks: Sequence[int]) -> list[ListMetric]:
    """Every metric of the namespace at every cut-off, where it can be measured."""
    found: list[ListMetric] = []
    for cls in known("metric").values():
        if issubclass(cls, ListMetric) and cls.needs <= given:
            found += [cls(k=k) for k in (ks if cls.cut else ks[:1])]
    return found
