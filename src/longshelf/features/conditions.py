"""What a text is asked to say: its category and attributes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import NotApplicable
from longshelf.features.base import Features
from longshelf.tables import Matrix, Rows, Schema

__all__ = ["Conditions"]


@dataclass(frozen=True, kw_only=True)
class Conditions(Features):
    """Codes of each row's category and attributes, which a writer is given; for ``generate``.

    The first column is that of ``category`` features, so every writer reads them. The words behind
    the codes are the category names of the targets and the levels of the input columns.

    Raises
    ------
    NotApplicable
        If the category is what the task predicts.

    Examples
    --------
    >>> Conditions.copy
    True
    """

    abstract: ClassVar[bool] = False
    copy: ClassVar[bool] = True

    def fit(self, train: Rows, schema: Schema) -> Conditions:
        if train.y.dtype.kind != "U":
            raise NotApplicable("conditions are what a text is written from; use them to generate")
        return self

    def transform(self, rows: Rows) -> Matrix:
        """Category, then attributes in the order of the task, -1 where not stated; (n, 1 + a)."""
        attributes = rows.inputs.drop("category")
        codes = [column.to_physical().cast(int).fill_null(-1) for column in attributes]
        return np.stack([np.asarray(rows.code), *codes], axis=1).astype(np.int64)
