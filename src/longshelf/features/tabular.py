"""Categorical and numeric columns as a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.features.base import Features
from longshelf.features.combined import beside
from longshelf.features.encodings import Encoding, FittedCategories, fit_categories
from longshelf.features.numbers import FittedNumbers, Scale, fit_numbers
from longshelf.features.reductions import Reduced, fit_reductions
from longshelf.tables import Matrix, Rows, Schema

__all__ = ["FittedTabular", "Tabular"]

_CHOICES: dict[str, tuple[str | None, ...]] = {
    "scale": ("standard", "quantile", "none"),
    "categorical": ("onehot", "ordinal", "target"),
    "reduce": (None, "pca", "lda"),
}


@dataclass(frozen=True, kw_only=True)
class Tabular(Features):
    """Numbers filled, clipped and scaled; categories encoded; everything as training had it.

    Dense float32, or CSR when one-hot columns are many. A number missing in training gets an
    indicator; a category that training never met encodes as none.

    Parameters
    ----------
    scale : {"standard", "quantile", "none"}, default "standard"
        Mean 0 and variance 1, a normal shape by rank, or as they are.
    clip : float in [0, 0.5), default 0.001
        Share of training values cut at either end of each numeric column.
    categorical : {"onehot", "ordinal", "target"}, default "onehot"
        A column per category; one code, 0 for unknown; or the training rows' mean label per
        category, out of fold for the training rows themselves [1]_.
    min_rows : int, default 1
        Training rows below which a category counts as unknown.
    crosses : tuple of tuples of str, default ()
        Categorical columns to combine, such as (("gender", "season"),).
    select : int or None, default None
        Keep this many columns, by F-test against the label.
    reduce : {None, "pca", "lda"}, default None
        Principal components, or linear discriminants of the label.
    components : int, default 32
        How many of them.

    References
    ----------
    .. [1] Micci-Barreca, A preprocessing scheme for high-cardinality categorical attributes,
       SIGKDD Explorations 3(1), 2001, eq. 3.

    Examples
    --------
    >>> Tabular(categorical="target").supervised
    True
    """

    abstract: ClassVar[bool] = False

    scale: Scale = "standard"
    clip: float = 0.001
    categorical: Encoding = "onehot"
    min_rows: int = 1
    crosses: tuple[tuple[str, ...], ...] = ()
    select: int | None = None
    reduce: Literal["pca", "lda"] | None = None
    components: int = 32

    def __post_init__(self) -> None:
        object.__setattr__(self, "crosses", tuple(map(tuple, self.crosses)))
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                known = ", ".join(map(str, allowed))
                raise InputError(f"{name} must be one of {known}; got {getattr(self, name)!r}")
        if not 0 <= self.clip < 0.5:
            raise InputError(f"clip must be in [0, 0.5), got {self.clip}")
        if self.components < 1 or (self.select is not None and self.select < 1):
            raise InputError("select and components must be at least 1")

    @property
    def supervised(self) -> bool:
        return self.categorical == "target" or self.select is not None or self.reduce == "lda"

    def fit(self, train: Rows, schema: Schema) -> FittedTabular:
        if not (schema.numeric or schema.categorical):
            raise NotApplicable(
                "tabular reads numeric and categorical columns, and these data name none; "
                f"inputs are: {', '.join(schema.inputs) or 'none'}. Use tf_idf, or name columns"
            )
        for cross in self.crosses:
            if len(cross) < 2 or not set(cross) <= set(schema.categorical):
                raise InputError(
                    f"a cross needs two or more categorical columns, got {cross!r}; "
                    f"categorical columns are: {', '.join(schema.categorical) or 'none'}"
                )
        labels = _labels(train) if self.supervised else None
        numbers = fit_numbers(train, schema.numeric, self.scale, self.clip)
        columns = tuple((name,) for name in schema.categorical) + self.crosses
        categories = fit_categories(train, columns, self.categorical, self.min_rows, labels)
        plain = FittedTabular(numbers, categories)
        if self.select is None and self.reduce is None:
            return plain
        reduced = fit_reductions(
            plain.transform(train), labels, self.select, self.reduce, self.components
        )
        return FittedTabular(numbers, categories, reduced)


def _labels(train: Rows) -> Any:
    if train.y.ndim != 1:
        raise NotApplicable(
            "target encoding, selection and lda need one label per row, and these have several; "
            "use categorical='onehot' and reduce='pca'"
        )
    return train.y


@dataclass(frozen=True)
class FittedTabular:
    """Fitted numbers and categories, and what is kept of them.

    Parameters
    ----------
    numbers : FittedNumbers
        First columns of the matrix.
    categories : FittedCategories
        The columns after them.
    reduced : Reduced or None
        Selection and projection.
    """

    numbers: FittedNumbers
    categories: FittedCategories
    reduced: Reduced | None = None

    def transform(self, rows: Rows) -> Matrix:
        X = beside(self.numbers.transform(rows), self.categories.transform(rows))
        return X if self.reduced is None else self.reduced.apply(X)

    @property
    def names(self) -> list[str]:
        """What each column holds, before selection and projection."""
        return [*self.numbers.names, *self.categories.names]

    @property
    def ordinal(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Positions of columns that hold category codes, for models that take them as such."""
        start = len(self.numbers.names)
        return start + np.arange(len(self.categories.names) if self.categories.coded else 0)
