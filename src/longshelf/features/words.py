"""The text of a row as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.features.base import Features
from longshelf.features.text import text_columns, text_of
from longshelf.tables import Matrix, Rows, Schema

__all__ = ["FittedWords", "Words", "is_words"]


def is_words(X: Matrix) -> bool:
    """Whether X holds texts, as ``words`` features give.

    Examples
    --------
    >>> is_words(np.array([["red dress"]], dtype=object)), is_words(np.zeros((1, 2)))
    (True, False)
    """
    return isinstance(X, np.ndarray) and X.dtype.kind in "UO"


@dataclass(frozen=True, kw_only=True)
class Words(Features):
    """Text as it stands, for models that read words or tokens themselves.

    Lexical search, transformers, recurrent networks and prompts do. They honour whatever repeats,
    weighs or draws rows; what makes up feature vectors, such as SMOTE, has none to start from.

    Parameters
    ----------
    apart : bool, default False
        A column for each text column, as a pair of texts needs; else all joined by a space in one.

    Examples
    --------
    >>> Words(apart=True)
    Words(apart=True)
    """

    abstract: ClassVar[bool] = False
    copy: ClassVar[bool] = True

    apart: bool = False

    def fit(self, train: Rows, schema: Schema) -> FittedWords:
        columns = text_columns(schema, "words")
        return FittedWords(tuple((column,) for column in columns) if self.apart else (columns,))


@dataclass(frozen=True)
class FittedWords:
    """Nothing is learned.

    Parameters
    ----------
    columns : k tuples of str
        Text columns, those of a tuple read one after another.
    """

    columns: tuple[tuple[str, ...], ...]

    def transform(self, rows: Rows) -> Matrix:
        """Strings, "" where a text is missing; (n, k) object array."""
        X = np.empty((len(rows), len(self.columns)), dtype=object)
        for at, joined in enumerate(self.columns):
            X[:, at] = text_of(rows, joined).to_list()
        return X
