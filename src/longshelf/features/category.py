"""The category a text is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import NotApplicable
from longshelf.features.base import Features
from longshelf.tables import Matrix, Rows, Schema

__all__ = ["Category"]


@dataclass(frozen=True, kw_only=True)
class Category(Features):
    """The code of each row's category, which a writer is given; only for the task ``generate``.

    Raises
    ------
    NotApplicable
        If the category is what the task predicts.
    """

    abstract: ClassVar[bool] = False

    def fit(self, train: Rows, schema: Schema) -> Category:
        if train.y.dtype.kind != "U":
            raise NotApplicable("the category is what this task predicts; it cannot be an input")
        return self

    def transform(self, rows: Rows) -> Matrix:
        """Category codes, (n, 1) int64."""
        return np.asarray(rows.code, dtype=np.int64)[:, None]
