"""What a metric of lists is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from longshelf.errors import InputError
from longshelf.metrics.base import Metric, Reads
from longshelf.metrics.lists.block import Block, Catalogue
from longshelf.tables import FloatArray, IntArray

__all__ = ["CatalogueMetric", "ListMetric", "Tally", "Unit", "qualified"]

Unit = Literal["row", "class", "source", "catalogue"]


def qualified(name: str, **said: str | None) -> str:
    """A metric's id with what else makes it comparable, in brackets after the cut-off.

    The gain map, the pool that was ranked and the weights of the sources are part of the id
    wherever they are not the default.

    Examples
    --------
    >>> qualified("ndcg@10", pool=None), qualified("ndcg@10[gain=0/1/10]", pool="judged")
    ('ndcg@10', 'ndcg@10[gain=0/1/10,pool=judged]')
    """
    given = [f"{key}={value}" for key, value in said.items() if value]
    if not given:
        return name
    stem, _, inside = name.partition("[")
    return f"{stem}[{','.join([*([inside[:-1]] if inside else []), *given])}]"


@dataclass(frozen=True, kw_only=True)
class ListMetric(Metric):
    """A metric of the first k of every list: a ratio of two sums over sources.

    Parameters
    ----------
    k : int, default 20

    Attributes
    ----------
    needs : frozenset of str
        What must be given besides lists and relevance: ``history``, ``vectors``, ``propensity``,
        ``judged``, ``slices`` or ``grades``.
    cut : bool
        Whether it depends on k.
    """

    abstract: ClassVar[bool] = True
    reads: ClassVar[Reads] = "ranking"
    unit: ClassVar[Unit] = "source"
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})
    needs: ClassVar[frozenset[str]] = frozenset()
    stem: ClassVar[str] = ""
    cut: ClassVar[bool] = True

    k: int = 20

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"{type(self).__name__}'s k must be at least 1, got {self.k}")

    @property
    def id(self) -> str:
        return f"{self.stem}@{self.k}" if self.cut else self.stem

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        """Numerators and denominators; (S, u) both, S = 1 where slices mean nothing.

        A source whose denominator is 0 is left out; its numerator must be 0 as well.
        """
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Tally:
    """What some lists show of the catalogue, in sums over their sources.

    Parameters
    ----------
    catalogue : Catalogue
        C targets.
    listed : (C,) int array
        How often each is among the first k.
    exposure : (C,) float array
        The same, weighed by how likely a reader gets to its place.
    hits, relevant, seen : (3,) float array
        Hits, relevant targets and targets masked, in head, torso and tail.
    sources : int
    """

    catalogue: Catalogue
    listed: IntArray
    exposure: FloatArray
    hits: FloatArray
    relevant: FloatArray
    seen: FloatArray
    sources: int

    def by_slice(self, values: FloatArray | IntArray) -> FloatArray:
        """Sum of values of targets (C,) in head, torso and tail; (3,)."""
        return np.asarray(np.bincount(self.catalogue.of, values, 3), dtype=float)


@dataclass(frozen=True, kw_only=True)
class CatalogueMetric(ListMetric):
    """A metric of all lists together."""

    abstract: ClassVar[bool] = True
    unit: ClassVar[Unit] = "catalogue"
    sliced: ClassVar[bool] = False
    grouped: ClassVar[bool] = False

    def of(self, tally: Tally) -> float:
        """The value, NaN where there is none."""
        raise NotImplementedError


def spread(rates: FloatArray) -> float:
    """Standard deviation (ddof 0) over the mean of the rates there are."""
    known = rates[np.isfinite(rates)]
    if len(known) < 2 or known.mean() == 0:
        return float("nan")
    return float(known.std() / known.mean())


def rates(top: FloatArray, bottom: FloatArray, groups: IntArray) -> FloatArray:
    """Sums of each group of slices over one another, NaN without a denominator."""
    above, below = np.bincount(groups, top), np.bincount(groups, bottom)
    return np.asarray(np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0))
