"""No features: what a rival that reads nothing is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.features.base import Features
from longshelf.tables import Matrix, Rows, Schema

__all__ = ["Nothing"]


@dataclass(frozen=True, kw_only=True)
class Nothing(Features):
    """One column of zeros, for models that look at the targets alone."""

    abstract: ClassVar[bool] = False

    def fit(self, train: Rows, schema: Schema) -> Nothing:
        return self

    def transform(self, rows: Rows) -> Matrix:
        """Zeros, (n, 1) float32."""
        return np.zeros((len(rows), 1), dtype=np.float32)
