"""Who meets what: how much is known of the users or queries, and how little of the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from longshelf.tables import BoolArray, IntArray
from longshelf.validation import View

__all__ = ["QUANTILES", "Future", "Interactions", "interactions"]

QUANTILES = (0.1, 0.5, 0.9, 0.99)
TEST, VALID = 0.2, 0.2
GRADES = 12


@dataclass(frozen=True, kw_only=True)
class Future:
    """What a split by time would ask that the past does not know.

    The latest fifth of the rows judges and the fifth before it validates, as ``by_time`` has it;
    rows of one instant stay together.

    Parameters
    ----------
    rows : int
        Of the judging part.
    source_rows, item_rows : int
        Of these, rows of a user or query, and of an item, without a row to learn from.
    sources, items : int
        How many such users or queries, and items.
    """

    rows: int
    source_rows: int
    sources: int
    item_rows: int
    items: int


@dataclass(frozen=True, kw_only=True)
class Interactions:
    """Rows as pairs of a source, the user or query, and an item.

    Parameters
    ----------
    role : {"user", "query"}
    column : str
        Where the source stands.
    rows, sources, items : int
        Rows that have both, and how many of each occur.
    listed : int
        Items of the item table that no row has.
    pairs : int
        Distinct pairs of source and item.
    density : float in (0, 1]
        Pairs over all that are possible.
    activity : tuple of (share, rows)
        Quantiles of the rows per source.
    most : float
        Share of the rows that the most active source holds.
    under_3 : int
        Sources of fewer than three rows: too few to learn from, to validate and to judge.
    irrelevant : int
        Judgements of grade 0; the figures of items do not count them.
    grades : tuple of (grade, rows)
        The commonest grades, by grade; empty without.
    future : Future or None
        None without a time, or where it cannot be cut.
    """

    role: str
    column: str
    rows: int
    sources: int
    items: int
    listed: int
    pairs: int
    density: float
    activity: tuple[tuple[float, int], ...]
    most: float
    under_3: int
    irrelevant: int
    grades: tuple[tuple[float, int], ...]
    future: Future | None

    @property
    def repeated(self) -> int:
        """Rows that repeat an earlier pair."""
        return self.rows - self.pairs


def interactions(view: View) -> Interactions:
    """Count users or queries, items, and pairs of them.

    Parameters
    ----------
    view : View
        Data that name an item, and a user or a query.
    """
    schema, frame = view.dataset.schema, view.rows
    role = "user" if schema.user else "query"
    column, item = str(schema.user or schema.query), str(schema.item)
    known = frame.select(source=pl.col(column), item=pl.col(item)).drop_nulls()
    sizes = known.group_by("source").len()["len"].to_numpy()
    items, pairs = known["item"].n_unique(), known.n_unique()
    levels = np.quantile(sizes, QUANTILES, method="inverted_cdf").astype(np.int64)
    return Interactions(
        role=role,
        column=column,
        rows=known.height,
        sources=len(sizes),
        items=items,
        listed=_never(view, known["item"]),
        pairs=pairs,
        density=pairs / max(len(sizes) * items, 1),
        activity=tuple(zip(QUANTILES, map(int, levels), strict=True)),
        most=float(sizes.max() / sizes.sum()),
        under_3=int((sizes < 3).sum()),
        irrelevant=0 if schema.grade is None else frame.filter(pl.col(schema.grade) <= 0).height,
        grades=_grades(view),
        future=_future(view, column, item),
    )


def _never(view: View, met: pl.Series) -> int:
    """Items of the table that no row has."""
    table = view.dataset.targets
    if table is None:
        return 0
    listed = table.to_series(0).cast(pl.String).drop_nulls().unique()
    return int((~listed.is_in(met.cast(pl.String).unique().implode())).sum())


def _grades(view: View) -> tuple[tuple[float, int], ...]:
    column = view.dataset.schema.grade
    if column is None:
        return ()
    counts = view.rows.select(grade=pl.col(column).cast(pl.Float64)).drop_nulls()
    sizes = counts.group_by("grade").len().sort("len", "grade", descending=[True, False])
    return tuple(sizes.head(GRADES).sort("grade").iter_rows())


def _future(view: View, column: str, item: str) -> Future | None:
    time = view.dataset.schema.time
    if time is None:
        return None
    frame = view.rows.select(pl.col(column), pl.col(item), pl.col(time)).drop_nulls([column, item])
    instant = frame[time].rank("dense").fill_null(0).to_numpy().astype(np.int64)
    ordered, n = np.sort(instant), len(instant)
    judged = instant >= ordered[min(int((1 - TEST) * n), n - 1)]
    learned = instant < ordered[min(int((1 - TEST - VALID) * n), n - 1)]
    if not learned.any():
        return None
    sources = _unknown(frame[column], learned, judged)
    items = _unknown(frame[item], learned, judged)
    return Future(
        rows=int(judged.sum()),
        source_rows=sources[0],
        sources=sources[1],
        item_rows=items[0],
        items=items[1],
    )


def _unknown(values: pl.Series, learned: BoolArray, judged: BoolArray) -> tuple[int, int]:
    """Judging rows whose value has no row to learn from, and how many such values."""
    codes: IntArray = values.rank("dense").to_numpy().astype(np.int64) - 1
    known = np.bincount(codes[learned], minlength=int(codes.max()) + 1) > 0
    new = codes[judged]
    new = new[~known[new]]
    return len(new), len(np.unique(new))
