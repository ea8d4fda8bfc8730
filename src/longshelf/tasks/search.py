"""Products for a query, judged by grades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.tables import Dataset, FloatArray, Ranking, Rows
from longshelf.tasks.base import Parts, Problem
from longshelf.tasks.interactions import groups_of, items_of, numbers, ordered, sources_of
from longshelf.tasks.ranked import Ranked

if TYPE_CHECKING:
    from longshelf.metrics.lists.base import ListMetric
    from longshelf.metrics.measured import Measured

__all__ = ["Search"]


@dataclass(frozen=True, kw_only=True)
class Search(Ranked):
    """Rank the whole catalogue for the queries of the test part.

    Rows are the judgements of a grade above 0; the grade is both the gain and the row's weight.
    Products nobody judged for a query gain nothing there; beside that, nDCG is measured in the pool of
    the judged products alone, and under every gain map given, each named in its metric's id.

    Parameters
    ----------
    k : int, default 20
        Cut-off of the metrics.
    depth : int, default 100
        Candidates kept per query, so that re-ranking has something to choose from.
    ks : tuple of int, default ()
        Further cut-offs, none above ``k``.
    gains : tuple of tuples of float, default ()
        Further gain maps: what the grades 0, 1, 2, … are worth, 0 first and never falling.

    Raises
    ------
    InputError
        If the data name no query or no item column, a grade is no number, or a gain map falls.

    Examples
    --------
    >>> Search(k=10).primary
    'ndcg@10'
    """

    abstract: ClassVar[bool] = False
    judging: ClassVar[frozenset[str]] = Ranked.judging | {"gains"}

    gains: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "gains", tuple(tuple(one) for one in self.gains))
        self._worths()

    @property
    def title(self) -> str:
        return "search"

    @property
    def length(self) -> int:
        """All candidates: what nobody judged is dropped before the cut in the judged pool."""
        return self.depth

    def _worths(self) -> list[ListMetric]:
        """NDCG at every cut-off under every gain map given."""
        from longshelf.metrics.lists.early import Ndcg

        return [Ndcg(k=k, gain=one) for one in self.gains for k in (*self.ks, self.k)]

    def rivals_for(self, dataset: Dataset) -> Sequence[tuple[str, str]]:
        texts = bool(dataset.schema.text) and "text" in getattr(dataset.targets, "columns", ())
        lexical = [("words", "bm25")] if texts else []
        return [("ids", "random_ranking"), ("ids", "most_popular"), *lexical]

    def pose(self, dataset: Dataset) -> Problem:
        query, item, grade = dataset.schema.query, dataset.schema.item, dataset.schema.grade
        if query is None or item is None:
            raise InputError(
                f"data set {dataset.name!r} must name a query and an item column to search"
            )
        ids, findings = ordered(dataset, (query, item))
        weight = None
        if grade is not None:
            weight = _grades(dataset.rows[grade][ids])
            ids, weight = ids[weight > 0], weight[weight > 0]
        kept = dataset.rows[ids]
        source, names = sources_of(kept, query)
        code, targets = items_of(dataset, kept[item], dataset.rows[item])
        rows = Rows(
            id=ids, inputs=kept.select(*dict.fromkeys((query, *dataset.schema.inputs))), y=code,
            code=code, groups=groups_of(dataset, kept), weight=weight, source=source,
        )  # fmt: skip
        told = self._statement(
            np.unique(weight) if weight is not None else np.ones(1), len(targets)
        )
        return Problem(dataset, self, rows, targets, (*findings, told), names)

    def _statement(self, grades: FloatArray, products: int) -> str:
        """How lists are judged: gain map, pool and cut-off."""
        gains = ", ".join(f"{grade:g}" for grade in (0.0, *grades[:8]))
        return (
            f"ndcg@{self.k}: the gain is the grade ({gains}), the pool all {products:,} products, an "
            f"unjudged one gains nothing, the cut-off {self.k}; other gain maps and pools have their "
            "own names"
        )

    def judged(self, parts: Parts) -> sp.csr_matrix | None:
        dataset, grade = parts.problem.dataset, parts.problem.dataset.schema.grade
        if grade is None:
            return None
        rows = dataset.rows
        source = numbers(rows[str(dataset.schema.query)], parts.problem.sources)
        code = numbers(rows[str(dataset.schema.item)], parts.targets.names)
        pairs = pl.DataFrame({"source": source, "code": code}).drop_nulls().unique()
        at = (pairs["source"].to_numpy(), pairs["code"].to_numpy())
        shape = (len(parts.problem.sources), len(parts.targets))
        return sp.csr_matrix((np.ones(pairs.height), at), shape=shape)

    def measure(self, predicted: Ranking, parts: Parts) -> Measured:
        from longshelf.metrics.lists.early import Ndcg

        told = [self.evaluated(predicted, parts)]
        if self.gains:
            told.append(self.evaluated(predicted, parts, metrics=self._worths()))
        if self.judged(parts) is not None:
            every = [*(Ndcg(k=k) for k in (*self.ks, self.k)), *self._worths()]
            told.append(self.evaluated(predicted, parts, metrics=every, pool="judged"))
        return replace(
            told[0], values=pl.concat([one.values for one in told]).unique(maintain_order=True)
        )


def _grades(column: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Grades as numbers; a missing one is 0.

    Raises
    ------
    InputError
        If they are no numbers.
    """
    try:
        return column.cast(pl.Float64).fill_null(0.0).to_numpy()
    except pl.exceptions.InvalidOperationError as error:
        raise InputError(
            f"the grades in {column.name!r} must be numbers, such as 0 to 3; got: "
            f"{', '.join(map(repr, column.unique().head(5).to_list()))}"
        ) from error
