"""The phrases of a text, hashed, for models that look class names up in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.features.base import Features
from longshelf.features.phrases import COLUMNS, column, phrases
from longshelf.features.text import text_columns, text_of
from longshelf.prepare.folding import folded
from longshelf.tables import Matrix, Rows, Schema

__all__ = ["FittedNameHits", "NameHits"]


@dataclass(frozen=True, kw_only=True)
class NameHits(Features):
    """Which phrases a text holds: a very wide sparse matrix of ones, meant for ``name_match``.

    Phrases are runs of up to six words, case, punctuation and simple plurals folded.

    Examples
    --------
    >>> NameHits.stateless
    False
    """

    abstract: ClassVar[bool] = False

    def fit(self, train: Rows, schema: Schema) -> FittedNameHits:
        return FittedNameHits(text_columns(schema, "name_hits"))


@dataclass(frozen=True)
class FittedNameHits:
    """Nothing is learned.

    Parameters
    ----------
    columns : tuple of str
        Text columns, read one after another.
    """

    columns: tuple[str, ...]

    def transform(self, rows: Rows) -> Matrix:
        found = [
            sorted({column(phrase) for phrase in phrases(folded(text))})
            for text in text_of(rows, self.columns).to_list()
        ]
        starts = np.cumsum([0, *map(len, found)])
        indices = np.fromiter((at for row in found for at in row), dtype=np.int64, count=starts[-1])
        ones = np.ones(len(indices), dtype=np.float32)
        return sp.csr_matrix((ones, indices, starts), shape=(len(rows), COLUMNS))
