"""Ids as codes, for models that learn a vector per user or item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.errors import NotApplicable
from longshelf.features.base import Features
from longshelf.features.categories import Codes, column_of
from longshelf.tables import Matrix, Rows, Schema

__all__ = ["FittedIds", "Ids"]


@dataclass(frozen=True, kw_only=True)
class Ids(Features):
    """One number per row: which user, query or item it is about; 0 where training never met it.

    Parameters
    ----------
    column : str or None, default None
        Column of the inputs; None takes what targets are ranked for, else the schema's user,
        query, item or id.

    Examples
    --------
    >>> Ids(column="visitor")
    Ids(column='visitor')
    """

    abstract: ClassVar[bool] = False
    copy: ClassVar[bool] = True

    column: str | None = None

    def fit(self, train: Rows, schema: Schema) -> FittedIds:
        if self.column is None and train.source is not None:
            return FittedIds(None, Codes.fit(_read(train, None)))
        column = self.column or schema.user or schema.query or schema.item or schema.id
        if column is None:
            raise NotApplicable(
                "ids needs a column of users, queries, items or ids, and the data name none; "
                "name one: ids(column='…')"
            )
        return FittedIds(column, Codes.fit(column_of(train, column)))


@dataclass(frozen=True)
class FittedIds:
    """The ids of the training part.

    Parameters
    ----------
    column : str or None
        Where they are read; None is the source of a row.
    codes : Codes
        Their numbers.
    """

    column: str | None
    codes: Codes

    @property
    def size(self) -> int:
        """How many codes there are, the 0 of unknown ids included."""
        return len(self.codes) + 1

    def transform(self, rows: Rows) -> Matrix:
        return self.codes.of(_read(rows, self.column))[:, None]


def _read(rows: Rows, column: str | None) -> pl.Series:
    return pl.Series(np.asarray(rows.source)) if column is None else column_of(rows, column)
