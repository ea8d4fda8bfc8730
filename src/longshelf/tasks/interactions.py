"""Interactions as rows: numbered sources and items, grades, and what a source had before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from longshelf.tables import Dataset, IntArray, Rows, Targets

if TYPE_CHECKING:
    from longshelf.tasks.base import Problem

__all__ = [
    "grades",
    "groups_of",
    "held",
    "items_of",
    "known",
    "numbers",
    "ordered",
    "sources_of",
    "with_history",
]


def sources_of(kept: pl.DataFrame, column: str) -> tuple[IntArray, NDArray[np.str_]]:
    """Number of each row's source, and the names of all sources in that order."""
    names = kept[column].cast(pl.String)
    number = names.rank("dense").to_numpy().astype(np.int64) - 1
    return number, names.unique().sort().to_numpy().astype(np.str_)


def items_of(dataset: Dataset, column: pl.Series, *further: pl.Series) -> tuple[IntArray, Targets]:
    """Code of each row's item, and the items: those met, further ones, and the item table's."""
    met, table = column.cast(pl.String), dataset.targets
    listed = [] if table is None else [table.to_series(0)]
    others = [some.cast(pl.String).drop_nulls() for some in (*further, *listed)]
    names = pl.concat([some.alias("name") for some in (met, *others)]).unique().sort()
    targets = Targets(
        names=names.to_numpy().astype(np.str_), kind="item",
        text=_column(table, names, "text"), parents=_column(table, names, "category"),
    )  # fmt: skip
    return numbers(met, targets.names).to_numpy(), targets


def numbers(column: pl.Series, names: NDArray[np.str_]) -> pl.Series:
    """Position of each value among the names, null where it is none of them."""
    return column.cast(pl.String).replace_strict(
        pl.Series(names), pl.Series(np.arange(len(names))), default=None, return_dtype=pl.Int64
    )


def _column(table: pl.DataFrame | None, names: pl.Series, column: str) -> Any:
    """A column of the item table in the order of the names; None where there is none."""
    if table is None or column not in table.columns:
        return None
    found = pl.DataFrame({"_item": names}).join(
        table.select(pl.first().cast(pl.String).alias("_item"), pl.col(column).cast(pl.String)),
        on="_item", how="left", maintain_order="left",
    )  # fmt: skip
    return found[column].fill_null("").to_numpy().astype(np.str_)


def ordered(dataset: Dataset, columns: Sequence[str]) -> tuple[IntArray, tuple[str, ...]]:
    """Positions of the rows that hold all of these columns, in time order, and what was left out."""
    frame = dataset.rows
    held_by = frame.select(pl.all_horizontal(pl.col(list(columns)).is_not_null())).to_series()
    ids = np.flatnonzero(held_by.to_numpy())
    time = dataset.schema.time
    if time is not None:
        instant = frame[time][ids].rank("dense").fill_null(0).to_numpy()
        ids = ids[np.argsort(instant, kind="stable")]
    dropped = frame.height - len(ids)
    said = f"{dropped:,} rows without {' or '.join(columns)} are left out"
    return ids, (said,) if dropped else ()


def groups_of(dataset: Dataset, kept: pl.DataFrame) -> pl.DataFrame:
    """Group columns as text, missing ones named."""
    return kept.select(
        [pl.col(c).cast(pl.String).fill_null("(missing)") for c in dataset.schema.group]
    )


def grades(rows: Rows, problem: Problem) -> sp.csr_matrix:
    """The largest grade of each pair of source and target in a part, 1 without grades."""
    table = pl.DataFrame(
        {
            "source": rows.source, "code": np.asarray(rows.code),
            "grade": np.ones(len(rows)) if rows.weight is None else rows.weight,
        }
    )  # fmt: skip
    pairs = table.group_by("source", "code").agg(pl.col("grade").max())
    shape = (len(problem.sources), len(problem.targets))
    at = (pairs["source"].to_numpy(), pairs["code"].to_numpy())
    return sp.csr_matrix((pairs["grade"].to_numpy(), at), shape=shape)


def held(problem: Problem, *rows: Rows) -> sp.csr_matrix:
    """Which targets each source has in some parts; (sources, C) of ones."""
    source = np.concatenate([np.asarray(part.source) for part in rows])
    code = np.concatenate([np.asarray(part.code) for part in rows])
    shape = (len(problem.sources), len(problem.targets))
    counted = sp.csr_matrix((np.ones(len(source)), (source, code)), shape=shape)
    counted.data[:] = 1
    return counted


def known(train: Rows, valid: Rows, test: Rows) -> tuple[Rows, ...]:
    """The parts that are known when the test part is judged; a split that peeks has no valid part."""
    return (train,) if np.array_equal(valid.id, test.id) else (train, valid)


def with_history(rows: Rows, logs: Sequence[Rows], most: int) -> Rows:
    """Rows with a column ``history``: the last targets of each row's source in the logs.

    Without logs the rows are their own, and each sees the earlier ones.
    """
    earlier = logs or (rows,)
    known, code = (
        np.concatenate([np.asarray(getattr(log, name)) for log in earlier])
        for name in ("source", "code")
    )
    order = np.argsort(known, kind="stable")
    known, code = known[order], code[order]
    own = np.asarray(rows.source)
    stop = np.searchsorted(known, own, side="right")
    if not logs:
        stop[order] = np.arange(len(order))
    start = np.maximum(np.searchsorted(known, own, side="left"), stop - most)
    offsets = np.concatenate([[0], np.cumsum(stop - start)])
    at = np.arange(offsets[-1]) + np.repeat(start - offsets[:-1], stop - start)
    return replace(
        rows, inputs=rows.inputs.with_columns(_lists(offsets, code[at]).alias("history"))
    )


def _lists(offsets: IntArray, values: IntArray) -> pl.Series:
    import pyarrow as pa

    packed = pa.LargeListArray.from_arrays(
        pa.array(offsets, pa.int64()), pa.array(values.astype(np.int32))
    )
    made = pl.from_arrow(packed)
    if not isinstance(made, pl.Series):
        raise TypeError("arrow gave no series")
    return made
