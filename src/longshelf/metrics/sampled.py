"""Sampled evaluation, beside the full one: one relevant target among a few drawn ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.metrics.directions import smaller_is_better
from longshelf.metrics.lists.base import qualified
from longshelf.tables import FloatArray, IntArray, Matrix, Ranking
from longshelf.tables.ties import source_keys, tie_rank

__all__ = ["flips", "sampled_ranking"]

BLOCK = 512
"""Sources whose scores are computed at once."""


def sampled_ranking(
    scores: Callable[[Matrix], FloatArray],
    X: Matrix,
    relevant: sp.csr_matrix,
    seen: sp.csr_matrix | None,
    rng: np.random.Generator,
    *,
    negatives: int = 100,
) -> tuple[Ranking, sp.csr_matrix]:
    """Rank every relevant target among drawn ones, one list each.

    Such figures can put systems in another order than full ranking does [1]_, so they only ever
    stand beside it: measure them with ``pool="sampled"`` and compare by :func:`flips`.

    Parameters
    ----------
    scores : callable
        (m, d) rows to (m, C) scores.
    X : (n, d) matrix
        One row per source.
    relevant : (n, C) CSR
        What is relevant.
    seen : (n, C) CSR or None
        Never drawn, nor is what is relevant.
    rng : numpy.random.Generator
        Draws the others, uniformly, each once a list.
    negatives : int, default 100
        Drawn targets per list; fewer where a source has fewer left.

    Returns
    -------
    (Ranking, (p, C) CSR)
        One list and one relevance row per relevant pair; ``sources`` repeat.

    Raises
    ------
    InputError
        If fewer than one target is to be drawn.

    References
    ----------
    .. [1] Krichene and Rendle, On Sampled Metrics for Item Recommendation, KDD 2020.

    Examples
    --------
    >>> relevant = sp.csr_matrix(np.eye(3))
    >>> lists, _ = sampled_ranking(lambda X: X, np.eye(3), relevant, None,
    ...                            np.random.default_rng(0), negatives=1)
    >>> lists.ids[:, 0].tolist()
    [0, 1, 2]
    """
    if negatives < 1:
        raise InputError(f"at least one negative must be drawn, got {negatives}")
    n, size = relevant.shape
    kept = relevant.copy()
    kept.eliminate_zeros()
    source = np.repeat(np.arange(n), np.diff(kept.indptr))
    ids = np.full((len(source), negatives + 1), -1)
    found = np.full(ids.shape, -np.inf, dtype=np.float32)
    for start in range(0, n, BLOCK):
        given = np.asarray(scores(X[start : start + BLOCK]), dtype=np.float32)
        for row in range(start, start + len(given)):
            closed = np.zeros(size, dtype=bool)
            closed[kept.indices[kept.indptr[row] : kept.indptr[row + 1]]] = True
            if seen is not None:
                closed[seen.indices[seen.indptr[row] : seen.indptr[row + 1]]] = True
            free = np.flatnonzero(~closed)
            for at in range(kept.indptr[row], kept.indptr[row + 1]):
                drawn = rng.choice(free, min(negatives, len(free)), replace=False)
                pool = np.append(kept.indices[at], drawn)
                ids[at, : len(pool)] = pool
                found[at, : len(pool)] = given[row - start, pool]
    return _sorted(source, ids, found), _one_each(kept)


def _sorted(source: IntArray, ids: IntArray, scores: FloatArray) -> Ranking:
    tie = tie_rank(source_keys(source)[:, None], np.maximum(ids, 0))
    order = np.lexsort((tie, -scores), axis=1)
    return Ranking(
        sources=source, ids=np.take_along_axis(ids, order, axis=1),
        scores=np.take_along_axis(scores, order, axis=1),
    )  # fmt: skip


def _one_each(relevant: sp.csr_matrix) -> sp.csr_matrix:
    """Each relevant pair in a row of its own."""
    each = np.arange(relevant.nnz + 1)
    return sp.csr_matrix((relevant.data, relevant.indices, each), (relevant.nnz, relevant.shape[1]))


def flips(
    full: Mapping[str, pl.DataFrame], sampled: Mapping[str, pl.DataFrame], pool: str = "sampled"
) -> pl.DataFrame:
    """Who wins by full and by sampled evaluation, and whether they disagree.

    Parameters
    ----------
    full, sampled : mapping of system to its ``Measured.values``
        Of the same systems.
    pool : str, default "sampled"
        What the ids of the sampled metrics say of their pool.

    Returns
    -------
    polars.DataFrame
        metric, full_winner, sampled_winner, flips; one row per metric both hold, on all sources.

    Raises
    ------
    InputError
        If the systems differ.

    Examples
    --------
    >>> def values(metric, value):
    ...     return pl.DataFrame({"metric": [metric], "slice": ["all"], "value": [value]})
    >>> flips({"a": values("mrr@5", 0.2), "b": values("mrr@5", 0.1)},
    ...       {"a": values("mrr@5[pool=sampled]", 0.5),
    ...        "b": values("mrr@5[pool=sampled]", 0.6)})["flips"].item()
    True
    """
    if set(full) != set(sampled):
        raise InputError(
            f"the same systems must be measured both ways, got {sorted(full)} and {sorted(sampled)}"
        )
    ours, theirs = _by_metric(full), _by_metric(sampled)
    rows = []
    for metric, of in ours.items():
        beside = theirs.get(qualified(metric, pool=pool))
        if beside is not None and len(of) == len(beside) == len(full):
            best = min if smaller_is_better(metric) else max
            one, other = best(of, key=of.__getitem__), best(beside, key=beside.__getitem__)
            rows.append((metric, one, other, one != other))
    return pl.DataFrame(
        rows, orient="row",
        schema={"metric": pl.String, "full_winner": pl.String, "sampled_winner": pl.String,
                "flips": pl.Boolean},
    )  # fmt: skip


def _by_metric(values: Mapping[str, pl.DataFrame]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name, table in values.items():
        for row in table.filter(slice="all").iter_rows(named=True):
            found.setdefault(row["metric"], {})[name] = row["value"]
    return found
