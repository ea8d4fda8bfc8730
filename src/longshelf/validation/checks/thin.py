"""Values of a column that have too few rows."""

from __future__ import annotations

import polars as pl

from longshelf.tables import IntArray
from longshelf.validation.view import View

__all__ = ["thin"]


def thin(view: View, column: str, k: int) -> tuple[int, int, IntArray]:
    """How many values have under k rows, how many there are, and the rows of the former.

    Parameters
    ----------
    view : View
        The data.
    column : str
        A user or an item.
    k : int
        Fewest rows wanted.
    """
    values = view.rows.select(value=pl.col(column))
    sizes = values.drop_nulls().group_by("value").len()
    small = sizes.filter(pl.col("len") < k)
    short = values.select(pl.col("value").is_in(small["value"].implode()).fill_null(False))
    return small.height, sizes.height, short.to_series().arg_true().to_numpy()
