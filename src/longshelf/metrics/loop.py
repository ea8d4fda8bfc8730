"""Metrics of a round of the feedback loop: what lists are worth by the truth they are clicked by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from longshelf.errors import InputError
from longshelf.metrics.base import Metric, Reads
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = [
    "ListedGini",
    "ListedShare",
    "LoopMetric",
    "Round",
    "Survival",
    "TailClicks",
    "Welfare",
    "WelfareShare",
]


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round of lists, with the truth.

    Parameters
    ----------
    ids : (U, k) int array
        Listed items, -1 pads.
    chance : (U, k) float array
        P(click) of each.
    attainable : (U,) float array
        Expected clicks of the best list there is.
    clicked : (c,) int array
        Items clicked, once per click.
    tail : (n,) bool array
        Items of the tail.
    """

    ids: IntArray
    chance: FloatArray
    attainable: FloatArray
    clicked: IntArray
    tail: BoolArray

    def take(self, users: BoolArray) -> Round:
        """The lists of some users; which items were clicked stays that of everybody."""
        return replace(
            self, ids=self.ids[users], chance=self.chance[users], attainable=self.attainable[users]
        )

    @property
    def listed(self) -> IntArray:
        """Times each item is listed; (n,)."""
        return np.bincount(self.ids[self.ids >= 0], minlength=len(self.tail))


@dataclass(frozen=True, kw_only=True)
class LoopMetric(Metric):
    """A metric of one round, read off the truth.

    Parameters
    ----------
    k : int, default 20
        Places of a list.
    """

    abstract: ClassVar[bool] = True
    reads: ClassVar[Reads] = "ranking"
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "catalogue"
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})
    sliced: ClassVar[bool] = False
    grouped: ClassVar[bool] = False
    stem: ClassVar[str] = ""

    k: int = 20

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"{type(self).__name__}'s k must be at least 1, got {self.k}")

    @property
    def id(self) -> str:
        return f"{self.stem}@{self.k}"

    def of(self, seen: Round) -> float:
        """The value of a round."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Welfare(LoopMetric):
    """Clicks a list earns in expectation, by the true probabilities of its reader.

    Examples
    --------
    >>> Welfare().id
    'welfare@20'
    """

    abstract: ClassVar[bool] = False
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "source"
    grouped: ClassVar[bool] = True
    limits: ClassVar[tuple[float, float]] = (0.0, np.inf)
    stem: ClassVar[str] = "welfare"
    definition: ClassVar[str] = "mean over users of the sum of P(looked at) P(click | looked at)"

    def of(self, seen: Round) -> float:
        return float(seen.chance.sum(axis=1).mean())


@dataclass(frozen=True, kw_only=True)
class WelfareShare(LoopMetric):
    """Welfare over that of the best lists there are: 1 is an oracle.

    Examples
    --------
    >>> WelfareShare().id
    'welfare_share@20'
    """

    abstract: ClassVar[bool] = False
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "source"
    grouped: ClassVar[bool] = True
    stem: ClassVar[str] = "welfare_share"
    definition: ClassVar[str] = "welfare of the lists / welfare of an oracle's lists"

    def of(self, seen: Round) -> float:
        return float(seen.chance.sum() / seen.attainable.sum())


@dataclass(frozen=True, kw_only=True)
class ListedGini(LoopMetric):
    """``gini``, as :class:`~longshelf.metrics.lists.Gini` defines it, of a round.

    Examples
    --------
    >>> ListedGini().id
    'gini@20'
    """

    abstract: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = False
    stem: ClassVar[str] = "gini"
    definition: ClassVar[str] = "sum of (2i - n - 1) x_(i) / ((n - 1) sum x), x ascending"

    def of(self, seen: Round) -> float:
        x = np.sort(seen.listed).astype(float)
        n = len(x)
        if n < 2 or x.sum() == 0:
            return float("nan")
        return float(((2 * np.arange(1, n + 1) - n - 1) * x).sum() / ((n - 1) * x.sum()))


@dataclass(frozen=True, kw_only=True)
class ListedShare(LoopMetric):
    """``coverage``, as :class:`~longshelf.metrics.lists.Coverage` defines it, of a round.

    Examples
    --------
    >>> ListedShare().id
    'coverage@20'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "coverage"
    definition: ClassVar[str] = "listed targets / all targets"

    def of(self, seen: Round) -> float:
        return float((seen.listed > 0).mean())


@dataclass(frozen=True, kw_only=True)
class Survival(LoopMetric):
    """Share of the catalogue that earns a click in the round: what does not is forgotten.

    Examples
    --------
    >>> Survival().id
    'survival@20'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "survival"
    definition: ClassVar[str] = "items clicked in the round / all items"

    def of(self, seen: Round) -> float:
        return len(np.unique(seen.clicked)) / len(seen.tail)


@dataclass(frozen=True, kw_only=True)
class TailClicks(LoopMetric):
    """Share of the expected clicks that fall on the tail, as it stood before the first round.

    Examples
    --------
    >>> TailClicks().id
    'tail_clicks@20'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "tail_clicks"
    definition: ClassVar[str] = "expected clicks on tail items / expected clicks"

    def of(self, seen: Round) -> float:
        tail = seen.tail[np.maximum(seen.ids, 0)] & (seen.ids >= 0)
        total = seen.chance.sum()
        return float(seen.chance[tail].sum() / total) if total > 0 else float("nan")
