"""A ranking cell as a recommender: where a score is a user's vector times an item's."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.artifact.compression import Compression
from longshelf.artifact.describe import data_of, latency, limits_of, metrics_of, slices_of
from longshelf.artifact.found import Found, check_model
from longshelf.artifact.parity import check_par, compare
from longshelf.artifact.pseudonym import pseudonyms
from longshelf.artifact.recommender import packed_vectors, save_recommender, unpacked_vectors
from longshelf.artifact.refit import Refit, refit
from longshelf.cache import Cache
from longshelf.errors import InputError, LongShelfWarning, Unavailable
from longshelf.learning import after, conclude
from longshelf.metrics.measured import Measured
from longshelf.models.rank.item_texts import item_vectors
from longshelf.models.rank.top import top_factors
from longshelf.tables import FloatArray, IntArray, Ranking, Rows, join
from longshelf.tasks.base import Parts
from longshelf.tasks.interactions import held, known, with_history

__all__ = ["export_lists"]

PRODUCTS = ("SourceVectors", "ProfileVectors", "FittedRanker")
"""Fitted rankers whose scores are products of vectors."""

CLOSE = 1e-4
SOME = 200
ENCODER = "minilm"


@dataclass(frozen=True)
class Vectors:
    """A fitted ranker as two matrices.

    Parameters
    ----------
    sources : (m,) int array
        The known users, by number.
    users : (m, d) float32 array
    items : (n, d) float32 array
    biased : bool
        The last column of ``items`` is a bias, that of ``users`` ones.
    """

    sources: IntArray
    users: FloatArray
    items: FloatArray
    biased: bool


def export_lists(
    found: Found,
    folder: str | Path,
    key: bytes | None,
    compression: Compression,
    margin: float,
    cache: Cache,
    *,
    replace: bool,
) -> Path:
    """Fit a ranking cell again, hold it against the run, and save its vectors.

    Parameters
    ----------
    found : Found
        A cell of the task ``rank``.
    folder, key, compression, margin, cache, replace
        As for :func:`~longshelf.artifact.export.export`.

    Raises
    ------
    InputError
        If the model is no product of vectors, the lists are re-ranked, or the fit differs.
    """
    cell, parts = found.cell, found.parts
    if key is None:
        raise InputError("a recommender keeps users as pseudonyms, and no key was given")
    late = after(cell.strategy).hooks
    if late:
        raise InputError(
            f"{cell.name} acts on finished lists ({', '.join(sorted(late))}), and vectors cannot "
            "say that; export the cell without it, and set quota and diversity in the service"
        )
    check_model(
        found, PRODUCTS,
        "cannot be served: its scores are no product of a user's and an item's vector",
    )  # fmt: skip
    made = refit(parts, cell.features, cell.model, cell.strategy, lambda: cell.rng, cache)
    vectors = _vectors(made, parts)
    _check_lists(found, made)
    text, encoder, said = _titles(parts)
    card = _card(found, vectors, said)
    if compression:
        card["gate"] = _gate(parts, vectors, compression, margin)
        card["compression"] = {
            "int8": compression.int8, "pruned_share": compression.prune,
            "note": "Vectors are unpacked once, at load, and lists computed in float32 as before; "
            "the metrics above are those of the whole vectors, the gate says what changed.",
        }  # fmt: skip
    rows = known(parts.train, parts.valid, parts.test)
    seen = held(parts.problem, *rows)[vectors.sources]
    return save_recommender(
        folder, name=cell.name, card=card, catalogue=_catalogue(found), items=vectors.items,
        users=pseudonyms(parts.problem.sources[vectors.sources], key), vectors=vectors.users,
        seen=seen, biased=vectors.biased, text=text, encoder=encoder, compression=compression,
        replace=replace,
    )  # fmt: skip


def _vectors(made: Refit, parts: Parts) -> Vectors:
    fitted = made.fitted
    head = fitted.head
    if type(fitted).__name__ not in PRODUCTS or head is None:
        raise InputError(
            f"this fit is a {type(fitted).__name__} without vectors of the items, which the service "
            "needs: choose dense features, and a strategy that keeps the linear head"
        )
    users = _users(parts)
    X = made.features.transform(users)
    own = np.asarray(fitted.embeddings(X), dtype=np.float32)
    items, bias = (np.asarray(part, dtype=np.float32) for part in (head.weight, head.bias))
    biased = bool(bias.any())
    if biased:
        items = np.column_stack([items, bias])
        own = np.column_stack([own, np.ones(len(own), np.float32)])
    some = np.linspace(0, len(own) - 1, min(SOME, len(own))).astype(int)
    worst = float(np.abs(own[some] @ items.T - fitted.scores(X[some])).max())
    scale = max(1.0, float(np.abs(own[some] @ items.T).max()))
    if worst > CLOSE * scale:
        raise InputError(f"the vectors do not give the model's scores: they differ by {worst:.3g}")
    return Vectors(np.asarray(users.source), own, items, biased)


def _users(parts: Parts) -> Rows:
    """One row for each user of the training part, with all that is known before the test."""
    logs = known(parts.train, parts.valid, parts.test)
    every = join(*logs) if len(logs) > 1 else logs[0]
    source = np.asarray(every.source)
    last = len(source) - 1 - np.unique(source[::-1], return_index=True)[1]
    trained = np.isin(source[last], np.asarray(parts.train.source))
    rows = every.take(last[trained])
    if "history" not in rows.inputs.columns:
        return rows
    task: Any = parts.problem.task
    bare = replace(rows, inputs=rows.inputs.drop("history"))
    return with_history(bare, logs, task.memory)


def _check_lists(found: Found, made: Refit) -> None:
    parts = found.parts
    predicted = conclude(made.learned, parts, after(found.cell.strategy))
    now = parts.problem.task.measure(predicted, parts).values
    on = ["decision", "metric", "slice_axis", "slice"]
    both = found.values.join(now, on=on, how="full", suffix="_now", coalesce=True)
    moved = (both["value"] - both["value_now"]).abs().fill_nan(0).max()
    lost = both.filter(pl.col("value").is_null() != pl.col("value_now").is_null()).height
    worst = float(moved) if isinstance(moved, float) else 0.0
    if lost or worst > CLOSE:
        raise InputError(
            f"fitted again, {found.cell.name} gives other figures than the run stored: they differ "
            f"by up to {worst:.3g}, {lost} are there only once. The data, the code or the "
            "libraries changed; run the suite again"
        )


def _titles(parts: Parts) -> tuple[FloatArray | None, str | None, list[str]]:
    """Unit vectors of the titles, the encoder's name, and what must be said where there are none."""
    if parts.targets.text is None:
        return None, None, ["Items have no text: search is by words of their names."]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", LongShelfWarning)
            return np.asarray(item_vectors(parts.targets, ENCODER, "export")), ENCODER, []
    except (LongShelfWarning, Unavailable) as reason:
        return None, None, [f"Titles have no vectors, so search is by words alone: {reason}"]


def _catalogue(found: Found) -> pl.DataFrame:
    parts = found.parts
    targets = parts.targets
    names = pl.Series("item", targets.names.tolist(), dtype=pl.String)
    return pl.DataFrame(
        {
            "item": names,
            "title": names if targets.text is None else pl.Series(targets.text.tolist()),
            "category": [""] * len(names) if targets.parents is None else targets.parents.tolist(),
            "price": _prices(found, names),
            "count": targets.natural.astype(np.int64),
            "slice": [("head", "torso", "tail")[code] for code in parts.slices.of],
        }
    )


def _prices(found: Found, names: pl.Series) -> pl.Series:
    """Of the item table, else the median of the rows; null where neither tells."""
    dataset = found.dataset
    item = dataset.schema.item
    for table, column in ((dataset.targets, None), (dataset.rows, item)):
        if table is None or "price" not in table.columns or not table["price"].dtype.is_numeric():
            continue
        name = pl.col(column or table.columns[0]).cast(pl.String).alias("item")
        prices = table.group_by(name).agg(pl.col("price").cast(pl.Float64).median())
        return names.to_frame().join(prices, on="item", how="left", maintain_order="left")["price"]
    return pl.Series("price", [None] * len(names), dtype=pl.Float64)


def _card(found: Found, vectors: Vectors, said: list[str]) -> dict[str, Any]:
    parts = found.parts
    draws = np.random.default_rng(0).integers(0, len(vectors.users), SOME).tolist()
    task: Any = parts.problem.task
    primary = task.primary
    decision = str(found.values.filter(pl.col("metric") == primary)["decision"][0])
    turned = np.ascontiguousarray(vectors.items.T)

    def answer(at: int) -> Any:
        return np.argpartition(-(vectors.users[at] @ turned), min(task.k, len(vectors.items)) - 1)

    return {
        "name": found.cell.name,
        "does": f"Lists items for users, {len(vectors.items):,} items and {len(vectors.users):,} "
        "known users; new users get the mean of what they touch, and popular items before that.",
        "data": data_of(found.dataset),
        "cell": dict(found.cell.columns),
        "parts": {
            "training_rows": len(parts.train), "validation_rows": len(parts.valid),
            "test_rows": len(parts.test),
        },
        "slices": slices_of(parts),
        "metrics": metrics_of(found, decision),
        "limits": [*limits_of(found), *said],
        "latency": latency(answer, draws),
    }  # fmt: skip


def _gate(
    parts: Parts, vectors: Vectors, compression: Compression, margin: float
) -> list[dict[str, Any]]:
    """Both sets of vectors rank for the known users of the test part."""
    pair = {"items": vectors.items, "vectors": vectors.users}
    small = unpacked_vectors(*packed_vectors(pair, compression, biased=vectors.biased))
    task: Any = parts.problem.task
    full, less = (_measured(parts, vectors, one) for one in (pair, small))
    decision = str(full.values.filter(pl.col("metric") == task.primary)["decision"][0])
    lines = compare(full, less, metric=task.primary, decision=decision, margin=margin)
    how = {
        "metric": task.primary, "margin": margin, "int8": compression.int8,
        "pruned": compression.prune,
    }  # fmt: skip
    return [{**how, **line} for line in check_par(lines, task.primary, margin)]


def _measured(parts: Parts, vectors: Vectors, pair: dict[str, Any]) -> Measured:
    task: Any = parts.problem.task
    asked = np.unique(np.asarray(parts.test.source))
    place = np.searchsorted(vectors.sources, asked)
    there = vectors.sources[np.minimum(place, len(vectors.sources) - 1)] == asked
    asked, place = asked[there], place[there]
    hidden = task.hidden(parts)
    left_out = None if hidden is None else sp.csr_matrix(hidden[asked])
    listed = top_factors(pair["vectors"][place], pair["items"], None, task.k, left_out)
    ranking = Ranking(sources=asked, ids=listed.ids, scores=listed.scores)
    measured: Measured = task.measure(ranking, parts)
    return measured
