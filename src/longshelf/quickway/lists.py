"""A suite for interactions and judgements, sized to the user's data and time."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.experiment.executor import cores
from longshelf.experiment.suite import Block, Suite
from longshelf.tables import Dataset

__all__ = ["lists_suite"]

RERANKED = ("PopularityDiscount", "CalibratedPopularity")
"""Remedies of finished lists: they share the fit of plain training."""

TRAINED = "matrix_factorisation"
"""The model whose loss a remedy may adjust."""

CATALOGUE = 20_000
"""Items up to which EASE is tried: it inverts a matrix of items by items."""

INSTANTS = 10
"""Distinct times from which the future can be held out."""

FLOPS = 1e10
"""Floating-point operations of one core in a second, as models reach them."""

NEEDED = {
    "implicit_als": "implicit", TRAINED: "torch", "bm25": "bm25s", "dense_retrieval": "torch",
    "hybrid": "torch",
}  # fmt: skip
"""Packages of the extras that models cannot do without."""


def lists_suite(dataset: Dataset, budget: float, *, name: str, about: str) -> Suite:
    """Lists for users, or search, within a time.

    Parameters
    ----------
    dataset : Dataset
        Names an item, and a user or a query.
    budget : float
        Seconds.
    name, about : str
        Of the suite.

    Raises
    ------
    InputError
        If nothing can be held out.
    """
    schema, log = dataset.schema, _Log.of(dataset)
    worded = bool(schema.text) and "text" in getattr(dataset.targets, "columns", ())
    search = not schema.user
    if search and worded:
        split, features, wanted = "by_query", "words", ["bm25", "dense_retrieval", "hybrid"]
    else:
        split, features, wanted = _held_out(dataset), "ids", _learners(log, budget)
    models, seeds = _affordable(wanted, log, budget)
    shared = ["none", *RERANKED]
    adjusted = Block(models=[TRAINED], strategies=[*shared, "LogitAdjusted(tau=0.5)"])
    return Suite(
        name=name,
        about=about,
        datasets=[dataset.name],
        task={"search": {}} if search else {"rank": {}},
        split=split,
        seeds=seeds,
        features=[features],
        models=[model for model in models if model != TRAINED],
        strategies=list(shared),
        also=[adjusted] if TRAINED in models else [],
    )


@dataclass(frozen=True)
class _Log:
    """How much there is to rank, as far as seconds depend on it."""

    rows: int
    sources: int
    items: int
    pairs: float

    @classmethod
    def of(cls, dataset: Dataset) -> _Log:
        schema, frame = dataset.schema, dataset.rows
        sizes = frame.group_by(str(schema.user or schema.query)).len()["len"].to_numpy()
        met = frame[str(schema.item)].n_unique()
        listed = 0 if dataset.targets is None else dataset.targets.height
        return cls(
            rows=frame.height,
            sources=len(sizes),
            items=max(met, listed),
            pairs=float(np.square(sizes, dtype=float).sum()),
        )

    def seconds(self, model: str) -> float:
        """One core and one seed: the fit, and lists with every remedy after it."""
        items, rows = float(self.items), float(self.rows)
        operations = {
            "item_knn": 10 * self.pairs,
            "ease": items**3,
            "implicit_als": 15 * rows * 64**2,
            TRAINED: 20 * rows * items * 64 * 6,
        }
        encoding = items / 100 if model in ("dense_retrieval", "hybrid") else 0.0
        ranking = 3 * self.sources * items * 2 * 64
        return 2 + (operations.get(model, 0.0) + ranking) / FLOPS + encoding + self.sources / 500


def _held_out(dataset: Dataset) -> str:
    """The split: the future where time is known, else the last row of each source."""
    schema, frame = dataset.schema, dataset.rows
    if schema.user and schema.time and frame[schema.time].n_unique() >= INSTANTS:
        return "by_time"
    source = str(schema.user or schema.query)
    if not frame.group_by(source).len().select((pl.col("len") >= 3).any()).item():
        raise InputError(
            f"no value of {source!r} has three rows: nothing can be learned from and held out; "
            "name a time column with --time, or bring more of the log"
        )
    return "leave_last_out"


def _learners(log: _Log, budget: float) -> list[str]:
    """Models of who had what; the factorisation is the one the time allows."""
    large = 3 * log.seconds(TRAINED) > budget * cores() / 2
    factors = "implicit_als" if large and find_spec("implicit") else TRAINED
    return ["item_knn", factors, *(["ease"] if log.items <= CATALOGUE else [])]


def _affordable(wanted: list[str], log: _Log, budget: float) -> tuple[list[str], int]:
    """The models that are installed and fit into the time, and on how many seeds.

    The first always stays.
    """
    left = budget * cores()
    seeds = 3 if 3 * log.seconds(wanted[0]) <= left else 1
    kept: list[str] = []
    for model in wanted:
        cost = seeds * log.seconds(model)
        missing = model in NEEDED and find_spec(NEEDED[model]) is None
        if not kept or (cost <= left and not missing):
            kept.append(model)
            left -= cost
    return kept, seeds
