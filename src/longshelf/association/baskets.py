"""What lay in which basket."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from longshelf.errors import InputError, unknown
from longshelf.tables import Dataset

__all__ = ["Baskets", "baskets_of"]


@dataclass(frozen=True)
class Baskets:
    """Baskets and the items in them.

    Parameters
    ----------
    matrix : (b, n) CSR of bool
        Whether an item lay in a basket, however often.
    names : (n,) str array
        The items.
    """

    matrix: sp.csr_matrix
    names: NDArray[np.str_]

    def __len__(self) -> int:
        return int(self.matrix.shape[0])


def baskets_of(dataset: Dataset, basket: str | None = None) -> Baskets:
    """The baskets of a data set.

    Parameters
    ----------
    dataset : Dataset
        With an item column.
    basket : str or None, default None
        Column that says which rows lay in one basket; None takes the document, else the user.

    Raises
    ------
    InputError
        If no column names items or baskets.

    Examples
    --------
    >>> import longshelf as ls
    >>> shop = ls.load("marketplace(problem='interactions', users=50, items=100)")
    >>> len(baskets_of(shop))
    50
    """
    item = dataset.schema.item
    column = basket or dataset.schema.document or dataset.schema.user
    if item is None or column is None:
        raise InputError(
            f"data set {dataset.name!r} must name an item column and the baskets items lay in; "
            f"its columns are: {', '.join(dataset.rows.columns)}"
        )
    if column not in dataset.rows.columns:
        raise unknown("basket column", column, dataset.rows.columns)
    lines = dataset.rows.select(
        basket=pl.col(column).cast(pl.String), item=pl.col(item).cast(pl.String)
    )
    lines = lines.drop_nulls().unique(maintain_order=True)
    names = lines["item"].unique().sort()
    code = lines["item"].rank("dense").to_numpy().astype(np.int64) - 1
    row = lines["basket"].rank("dense").to_numpy().astype(np.int64) - 1
    shape = (int(row.max(initial=-1)) + 1, len(names))
    matrix = sp.csr_matrix((np.ones(len(row), dtype=bool), (row, code)), shape=shape)
    return Baskets(matrix, names.to_numpy().astype(np.str_))
