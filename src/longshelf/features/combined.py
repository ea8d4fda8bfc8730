"""Several features side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.features.base import Features, FittedFeatures
from longshelf.tables import Matrix, Rows, Schema

__all__ = ["Combined", "FittedCombined", "beside"]


def beside(*matrices: Matrix) -> Matrix:
    """Columns side by side: CSR as soon as one is sparse, else dense float32."""
    if len(matrices) == 1:
        return matrices[0]
    if any(sp.issparse(matrix) for matrix in matrices):
        return sp.csr_matrix(sp.hstack(matrices, format="csr", dtype=np.float32))
    return np.concatenate([np.asarray(matrix, np.float32) for matrix in matrices], axis=1)


@dataclass(frozen=True, kw_only=True)
class Combined(Features):
    """The columns of several features, one after another; written ``tf_idf + tabular``.

    CSR as soon as one of them is sparse, else dense. Each part is cached on its own.

    Parameters
    ----------
    parts : tuple of Features
        At least two.

    Examples
    --------
    >>> from longshelf.components import show
    >>> from longshelf.features import MiniLm, TfIdf
    >>> show(Combined(parts=(TfIdf(), MiniLm())))
    'tf_idf + minilm'
    """

    abstract: ClassVar[bool] = False

    parts: tuple[Features, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.parts))
        if len(self.parts) < 2 or not all(isinstance(part, Features) for part in self.parts):
            raise InputError(f"combined needs two features or more, got {self.parts!r}")

    @property
    def supervised(self) -> bool:
        return any(part.supervised for part in self.parts)

    @property
    def members(self) -> tuple[Features, ...]:
        return self.parts

    def fit(self, train: Rows, schema: Schema) -> FittedCombined:
        return FittedCombined(tuple(part.fit(train, schema) for part in self.parts))


@dataclass(frozen=True)
class FittedCombined:
    """The fitted parts.

    Parameters
    ----------
    parts : tuple of FittedFeatures
        In the order of their columns.
    """

    parts: tuple[FittedFeatures, ...]

    def transform(self, rows: Rows) -> Matrix:
        return beside(*(part.transform(rows) for part in self.parts))
