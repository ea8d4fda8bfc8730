"""Codes of categories and ids, with a place for what training did not hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from longshelf.errors import InputError
from longshelf.tables import IntArray, Rows

__all__ = ["Codes", "column_of"]


def column_of(rows: Rows, name: str) -> pl.Series:
    """A column of the inputs.

    Raises
    ------
    InputError
        If the part does not carry it.
    """
    if name not in rows.inputs.columns:
        raise InputError(
            f"these rows carry no column {name!r} among their inputs; "
            f"they carry: {', '.join(rows.inputs.columns) or 'none'}"
        )
    return rows.inputs[name]


@dataclass(frozen=True)
class Codes:
    """Categories of a training column, numbered from 1; 0 is whatever else there may be.

    Parameters
    ----------
    values : Series of K distinct strings, sorted
    """

    values: pl.Series

    @classmethod
    def fit(cls, column: pl.Series, min_rows: int = 1) -> Codes:
        """Number the categories that at least ``min_rows`` rows hold; missing is none of them.

        Examples
        --------
        >>> codes = Codes.fit(pl.Series(["b", "a", None, "b"]))
        >>> codes.of(pl.Series(["a", "b", "c", None])).tolist()
        [1, 2, 0, 0]
        """
        counted = column.cast(pl.String).drop_nulls().value_counts(name="rows")
        kept = counted.filter(pl.col("rows") >= min_rows)
        return cls(kept.to_series(0).sort())

    def __len__(self) -> int:
        return len(self.values)

    def of(self, column: pl.Series) -> IntArray:
        """Codes of a column; (n,) int64."""
        if not len(self.values):
            return np.zeros(len(column), np.int64)
        numbers = pl.Series(np.arange(1, len(self.values) + 1))
        coded = column.cast(pl.String).replace_strict(
            self.values, numbers, default=0, return_dtype=pl.Int64
        )
        return coded.fill_null(0).to_numpy().astype(np.int64)


def crossed(columns: Sequence[pl.Series]) -> pl.Series:
    """One category for each combination that occurs, missing where a part is.

    Examples
    --------
    >>> crossed([pl.Series(["a", "b"]), pl.Series(["x", None])]).to_list()
    ['a\\x1fx', None]
    """
    frame = pl.DataFrame([column.alias(str(i)) for i, column in enumerate(columns)])
    return frame.select(
        pl.concat_str(pl.all().cast(pl.String), separator="\x1f", ignore_nulls=False).alias("cross")
    ).to_series()
