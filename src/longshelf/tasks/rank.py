"""Items for a user: the target of a row is the item of an interaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import polars as pl
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.tables import Dataset, Rows
from longshelf.tasks.base import Parts, Problem
from longshelf.tasks.interactions import (
    groups_of,
    held,
    items_of,
    known,
    ordered,
    sources_of,
    with_history,
)
from longshelf.tasks.ranked import Ranked

__all__ = ["Rank"]


@dataclass(frozen=True, kw_only=True)
class Rank(Ranked):
    """Rank items for the users of the test part; what a user was known to have is left out.

    Known are the training and validation parts. Test rows of known items are not asked for, since
    no list could hold them.

    Parameters
    ----------
    k : int, default 20
        Cut-off of the metrics.
    depth : int, default 100
        Candidates kept per user, so that re-ranking has something to choose from.
    ks : tuple of int, default ()
        Further cut-offs, none above ``k``.
    repeats : bool, default False
        Let lists hold what the user was known to have, and ask for it.
    memory : int, default 50
        Earlier items kept per row for models that read histories.

    Raises
    ------
    InputError
        If the data name no user or no item column, or an argument is out of range.

    Examples
    --------
    >>> Rank(k=10).primary
    'ndcg@10'
    """

    abstract: ClassVar[bool] = False

    repeats: bool = False
    memory: int = 50

    @property
    def title(self) -> str:
        return "rank"

    def rivals_for(self, dataset: Dataset) -> Sequence[tuple[str, str]]:
        names = ["random_ranking", "most_popular", "recently_popular"]
        return [("ids", name) for name in (*names, *(["own_frequent"] if self.repeats else []))]

    def pose(self, dataset: Dataset) -> Problem:
        user, item = dataset.schema.user, dataset.schema.item
        if user is None or item is None:
            raise InputError(
                f"data set {dataset.name!r} must name a user and an item column to rank"
            )
        ids, findings = ordered(dataset, (user, item))
        kept = dataset.rows[ids]
        source, names = sources_of(kept, user)
        code, targets = items_of(dataset, kept[item])
        carried = [name for name in dataset.schema.inputs if name != user]
        logged = dataset.schema.propensity
        rows = Rows(
            id=ids, inputs=kept.select(pl.col(user), *carried), y=code, code=code,
            groups=groups_of(dataset, kept), source=source,
            propensity=None if logged is None else kept[logged].cast(pl.Float64).to_numpy(),
        )  # fmt: skip
        return Problem(dataset, self, rows, targets, findings, names)

    def informed(self, train: Rows, valid: Rows, test: Rows) -> tuple[Rows, Rows, Rows]:
        if not self.memory:
            return train, valid, test
        return (
            with_history(train, (), self.memory),
            with_history(valid, (train,), self.memory),
            with_history(test, known(train, valid, test), self.memory),
        )

    def hidden(self, parts: Parts) -> sp.csr_matrix | None:
        if self.repeats:
            return None
        return held(parts.problem, *known(parts.train, parts.valid, parts.test))

    def relevant(self, parts: Parts) -> sp.csr_matrix:
        asked, hidden = super().relevant(parts), self.hidden(parts)
        if hidden is None:
            return asked
        left = sp.csr_matrix(asked - asked.multiply(hidden))
        left.eliminate_zeros()
        return left
