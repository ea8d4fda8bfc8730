"""Features turn rows into a matrix; whatever they learn, they learn from the training part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import polars as pl

from longshelf.tables import FloatArray, Matrix, Rows, Schema

__all__ = ["Features", "FittedFeatures", "PerText"]


class FittedFeatures(Protocol):
    """What :meth:`Features.fit` returns."""

    def transform(self, rows: Rows) -> Matrix:
        """Feature rows in the order of ``rows``: float32 dense or CSR, or int64 ids (n, 1)."""
        ...


@runtime_checkable
class PerText(FittedFeatures, Protocol):
    """What stateless :class:`Features` return: one vector per text, whatever the other rows are."""

    @property
    def key(self) -> str:
        """Names the vectors: equal keys, equal vectors for equal texts."""
        ...

    @property
    def width(self) -> int:
        """Length of a vector."""
        ...

    def texts(self, rows: Rows) -> pl.Series:
        """The text of each row; n strings."""
        ...

    def encode(self, texts: list[str]) -> FloatArray:
        """Vectors of texts; (n, width) float32."""
        ...


@dataclass(frozen=True, kw_only=True)
class Features:
    """A recipe from input columns to a matrix.

    ``stateless`` features look at one text at a time: they are cached per text, and new rows cost
    only themselves. Fitted ones are cached per training part, unless they are a mere ``copy`` of
    columns, which costs less than keeping it.
    """

    abstract: ClassVar[bool] = True
    stateless: ClassVar[bool] = False
    copy: ClassVar[bool] = False

    @property
    def supervised(self) -> bool:
        """Fitting reads the labels of the training part, not only its inputs."""
        return False

    def fit(self, train: Rows, schema: Schema) -> FittedFeatures:
        """Learn vocabulary, scaling and the like from the training part.

        Raises
        ------
        NotApplicable
            If the data have no column these features can read.
        """
        raise NotImplementedError
