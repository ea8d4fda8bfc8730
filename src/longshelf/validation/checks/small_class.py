"""Classes too small to learn and to measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from longshelf.errors import InputError
from longshelf.validation.check import Check, Finding
from longshelf.validation.checks.naming import some
from longshelf.validation.view import View

__all__ = ["SmallClass"]


@dataclass(frozen=True, kw_only=True)
class SmallClass(Check):
    """A class has fewer rows than a split and a neighbour search need.

    Parameters
    ----------
    k : int >= 1, default 5
        Fewest rows a class should have, over all parts.
    """

    code: ClassVar[str] = "LS004"
    title: ClassVar[str] = "class under k rows"
    advice: ClassVar[str] = (
        "Gather rows or merge these classes; until then read their scores by slice, never one by one."
    )
    k: int = 5

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"SmallClass's k must be at least 1, got {self.k}")

    def look(self, view: View) -> Finding:
        if view.label is None:
            return self.skipped("the schema names no label")
        small = view.counts.filter(pl.col("len") < self.k)
        if small.height == 0:
            return self.passed(f"every class has at least {self.k} rows")
        names = [f"{name} ({count})" for name, count in small.reverse().iter_rows()]
        message = (
            f"{small.height:,} of {view.counts.height:,} classes have under {self.k} rows: "
            f"{some(names)}"
        )
        rows = view.labels.is_in(small["label"].to_list()).fill_null(False).arg_true().to_numpy()
        return self.found(message, count=small.height, unit="classes", rows=rows)
