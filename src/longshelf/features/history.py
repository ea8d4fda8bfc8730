"""What a source had before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError, NotApplicable
from longshelf.features.base import Features
from longshelf.tables import Matrix, Rows, Schema

__all__ = ["FittedHistory", "History"]


@dataclass(frozen=True, kw_only=True)
class History(Features):
    """The last targets a source had before each row, oldest first, as codes from 1; 0 pads the left.

    Training rows see the earlier training rows of their source; validation rows all of training;
    test rows training and validation.

    Parameters
    ----------
    length : int >= 1, default 50
        Targets looked back at; what the task remembers bounds it.

    Examples
    --------
    >>> History(length=20)
    History(length=20)
    """

    abstract: ClassVar[bool] = False
    copy: ClassVar[bool] = True

    length: int = 50

    def __post_init__(self) -> None:
        if self.length < 1:
            raise InputError(f"history's length must be at least 1, got {self.length}")

    def fit(self, train: Rows, schema: Schema) -> FittedHistory:
        if "history" not in train.inputs.columns:
            raise NotApplicable(
                "history reads what a source had before, and this task keeps none; "
                "rank items for users, with memory above 0"
            )
        return FittedHistory(self.length)


@dataclass(frozen=True)
class FittedHistory:
    """Nothing is learned.

    Parameters
    ----------
    length : int
    """

    length: int

    def transform(self, rows: Rows) -> Matrix:
        lists = rows.inputs["history"].list.tail(self.length)
        sizes = lists.list.len().to_numpy().astype(np.int64)
        codes = np.zeros((len(rows), self.length), dtype=np.int64)
        held = np.arange(self.length) >= self.length - sizes[:, None]
        codes[held] = lists.explode().drop_nulls().to_numpy() + 1
        return codes
