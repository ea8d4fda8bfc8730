"""Items for a user: the target of a row is the item of an interaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.tables import Context, Dataset, IntArray, Matrix, Ranking, Rows, Targets, Valid
from longshelf.tasks.base import Outputs, Parts, Problem, Task

if TYPE_CHECKING:
    from longshelf.metrics.measured import Measured
    from longshelf.strategies.base import Strategy

__all__ = ["Rank"]


@dataclass(frozen=True, kw_only=True)
class Rank(Task):
    """Rank items for the users of the test part; what a user had in training is left out.

    Parameters
    ----------
    k : int, default 20
        Cut-off of the metrics.
    depth : int, default 100
        Candidates kept per user, so that re-ranking has something to choose from.

    Raises
    ------
    InputError
        If the data name no user or no item column.
    """

    abstract: ClassVar[bool] = False
    judging: ClassVar[frozenset[str]] = frozenset({"k"})

    k: int = 20
    depth: int = 100

    @property
    def primary(self) -> str:
        return f"ndcg@{self.k}"

    @property
    def title(self) -> str:
        return "rank"

    def rivals_for(self, dataset: Dataset) -> Sequence[tuple[str, str]]:
        return [("ids", "random_ranking"), ("ids", "most_popular")]

    def pose(self, dataset: Dataset) -> Problem:
        user, item = dataset.schema.user, dataset.schema.item
        if user is None or item is None:
            raise InputError(
                f"data set {dataset.name!r} must name a user and an item column to rank"
            )
        both = dataset.rows.select(pl.all_horizontal(pl.col(user, item).is_not_null())).to_series()
        ids = np.flatnonzero(both.to_numpy())
        kept = dataset.rows[ids]
        names = kept[item].cast(pl.String).unique().sort()
        place = {name: code for code, name in enumerate(names.to_list())}
        code = kept[item].cast(pl.String).replace_strict(place, return_dtype=pl.Int64).to_numpy()
        groups = [pl.col(c).cast(pl.String).fill_null("(missing)") for c in dataset.schema.group]
        rows = Rows(
            id=ids, inputs=kept.select(pl.col(user)), y=code, code=code, groups=kept.select(groups)
        )
        dropped = dataset.rows.height - len(ids)
        findings = (f"{dropped} rows without a user or an item are left out",) if dropped else ()
        targets = Targets(names=np.asarray(names.to_list(), dtype=np.str_), kind="item")
        return Problem(dataset, self, rows, targets, findings)

    def strata(self, rows: Rows, targets: Targets) -> IntArray:
        return np.asarray(rows.code)

    def outputs(self, fitted: Any, parts: Parts, X_valid: Matrix, X_test: Matrix) -> Outputs:
        users, first = np.unique(_users(parts, parts.test), return_index=True)
        seen = _matrix(parts, parts.train)[users]
        ranking = fitted.rank(X_test[first], self.depth, seen)
        arrays = {"sources": users, "ids": ranking.ids, "scores": ranking.scores}
        head = fitted.head
        return arrays if head is None else {**arrays, "vectors": head.weight}

    def conclude(self, outputs: Outputs, parts: Parts, valid: Valid, strategy: Strategy) -> Ranking:
        kept = {name: np.asarray(outputs[name]) for name in ("sources", "ids", "scores")}
        ranking = Ranking(sources=kept["sources"], ids=kept["ids"], scores=kept["scores"])
        context = Context(
            targets=parts.targets, slices=parts.slices, history=_matrix(parts, parts.train),
            vectors=outputs.get("vectors"),
        )  # fmt: skip
        return strategy.rerank(ranking, context).top(self.k)  # hook: rerank

    def measure(self, predicted: Ranking, parts: Parts) -> Measured:
        from longshelf.metrics import evaluate_ranking

        relevant = _matrix(parts, parts.test)[predicted.sources]
        return evaluate_ranking(predicted, relevant, parts.targets, parts.slices, k=self.k)


def _users(parts: Parts, rows: Rows) -> IntArray:
    """Number of each row's user among all users of the problem; (n,)."""
    every = parts.problem.rows
    number = every.inputs.to_series(0).rank("dense").to_numpy().astype(np.int64) - 1
    return number[np.searchsorted(every.id, rows.id)]


def _matrix(parts: Parts, rows: Rows) -> sp.csr_matrix:
    """Which items each user of the problem has in a part; (U, C) of ones."""
    users = _users(parts, rows)
    shape = (parts.problem.rows.inputs.to_series(0).n_unique(), len(parts.targets))
    counted = sp.csr_matrix((np.ones(len(users)), (users, rows.code)), shape=shape)
    counted.data[:] = 1
    return counted
