"""Metrics of generated text, by the category it was written for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.errors import InputError
from longshelf.metrics.base import Metric, Reads
from longshelf.metrics.measured import PER_TARGET, RELIABILITY, VALUES, Measured
from longshelf.slices import Slices
from longshelf.tables import Rows, Targets

__all__ = ["Distinct", "evaluate_texts"]


@dataclass(frozen=True, kw_only=True)
class Distinct(Metric):
    """Share of the n-grams written that differ, in the first ``sample`` texts.

    The share falls with the number of texts, so every slice is measured on equally many at most;
    compare slices only where their support is equal.

    Parameters
    ----------
    n : int, default 1
        Words per n-gram.
    sample : int, default 200
        Texts looked at.

    References
    ----------
    .. [1] Li et al., A Diversity-Promoting Objective Function, NAACL 2016, arXiv:1510.03055.

    Examples
    --------
    >>> Distinct().of(["red shoe", "red bag"])
    0.75
    """

    abstract: ClassVar[bool] = False
    reads: ClassVar[Reads] = "text"
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "catalogue"
    kinds: ClassVar[frozenset[str]] = frozenset({"text"})
    definition: ClassVar[str] = "different n-grams / all n-grams of the first texts"

    n: int = 1
    sample: int = 200

    def __post_init__(self) -> None:
        if self.n < 1 or self.sample < 1:
            raise InputError(f"Distinct needs n and sample of at least 1: {self.n}, {self.sample}")

    @property
    def id(self) -> str:
        return f"distinct@{self.n}"

    def of(self, texts: list[str]) -> float:
        """The value for some texts, NaN where they hold no n-gram."""
        found: Counter[tuple[str, ...]] = Counter()
        for text in texts[: self.sample]:
            words = text.split()
            found.update(zip(*(words[i:] for i in range(self.n)), strict=False))
        return len(found) / found.total() if found else float("nan")


def evaluate_texts(
    texts: NDArray[np.str_], rows: Rows, targets: Targets, slices: Slices
) -> Measured:
    """Measure texts written for some rows.

    Parameters
    ----------
    texts : (n,) str array
        One per row.
    rows : Rows
        What they were written for; ``code`` is the category.
    targets : Targets
        The categories.
    slices : Slices
        Head, torso and tail of the categories.

    Examples
    --------
    >>> from longshelf.slices import cut
    >>> code = np.array([0, 0])
    >>> rows = Rows(id=code, inputs=pl.DataFrame(), y=code, code=code, groups=pl.DataFrame())
    >>> targets = Targets(names=np.array(["shoes"]), kind="text", natural=np.array([2.0]))
    >>> texts = np.array(["red shoe", "red bag"])
    >>> found = evaluate_texts(texts, rows, targets, cut(targets.natural)).values
    >>> found.filter(metric="distinct@1", slice="all")["value"].item()
    0.75
    """
    code = np.asarray(rows.code)
    places = {"all": np.ones(len(targets), dtype=bool), **slices.members}
    lines = []
    for metric in (Distinct(n=1), Distinct(n=2)):
        for name, members in places.items():
            own = [str(text) for text in texts[members[code]]]
            value = metric.of(own)
            if np.isfinite(value):
                axis = "all" if name == "all" else "target"
                lines.append(("score", metric.id, axis, name, value, None, None, len(own)))
    return Measured(
        values=pl.DataFrame(lines, schema=VALUES, orient="row"),
        units=pl.DataFrame({"id": rows.id}),
        per_target=pl.DataFrame(schema=PER_TARGET),
        reliability=pl.DataFrame(schema=RELIABILITY),
    )
