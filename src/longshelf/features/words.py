"""The text of a row as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.features.base import Features
from longshelf.features.text import text_columns, text_of
from longshelf.tables import Matrix, Rows, Schema

__all__ = ["FittedWords", "Words"]


@dataclass(frozen=True, kw_only=True)
class Words(Features):
    """One string per row, for models that read text themselves, such as lexical search.

    Examples
    --------
    >>> Words.copy
    True
    """

    abstract: ClassVar[bool] = False
    copy: ClassVar[bool] = True

    def fit(self, train: Rows, schema: Schema) -> FittedWords:
        return FittedWords(text_columns(schema, "words"))


@dataclass(frozen=True)
class FittedWords:
    """Nothing is learned.

    Parameters
    ----------
    columns : tuple of str
        Text columns, read one after another.
    """

    columns: tuple[str, ...]

    def transform(self, rows: Rows) -> Matrix:
        return text_of(rows, self.columns).to_numpy().astype(np.str_)[:, None]
