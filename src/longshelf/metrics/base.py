"""What a metric is: its definition as data, and how it is measured on strata and slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from longshelf.components import show
from longshelf.metrics.reading import Reading, Strata
from longshelf.tables import BoolArray, FloatArray

__all__ = ["Estimate", "Metric", "Reads"]

Reads = Literal["decision", "score", "probability", "ranking", "text"]


@dataclass(frozen=True)
class Estimate:
    """Values of one metric in G strata and S slices of the targets.

    Parameters
    ----------
    value : (G, S) float array
        NaN where there is nothing to measure.
    influence : (S, n) float array or None
        Change of a row's stratum value per unit of its weight, times the stratum's rows: mean 0,
        ``value(reweighted) ≈ value + mean(w * influence)``. None where it has no derivative.
    support : (G, S) float array or None
        Where it is not the number of rows whose true target is in the slice.
    """

    value: FloatArray
    influence: FloatArray | None = None
    support: FloatArray | None = None


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric, described by its arguments; class attributes are its definition.

    Attributes
    ----------
    reads : {"decision", "score", "probability", "ranking", "text"}
        What of a prediction it looks at.
    unit : {"row", "class", "source", "catalogue"}
        What it averages over.
    kinds : frozenset of str
        Target kinds it is defined for.
    greater_is_better : bool
    limits : (float, float)
        Smallest and largest possible value.
    sliced : bool
        Whether it can be cut by target.
    grouped : bool
        Whether it can be cut by group.
    definition : str
        One line.
    """

    abstract: ClassVar[bool] = True
    reads: ClassVar[Reads] = "decision"
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "class"
    kinds: ClassVar[frozenset[str]] = frozenset({"class"})
    greater_is_better: ClassVar[bool] = True
    limits: ClassVar[tuple[float, float]] = (0.0, 1.0)
    sliced: ClassVar[bool] = True
    grouped: ClassVar[bool] = True
    definition: ClassVar[str] = ""

    @property
    def id(self) -> str:
        """How results call it."""
        return show(self)

    def sources(self, reading: Reading) -> tuple[str, ...]:
        """What fills the ``decision`` column: each decision, ``score``, or each probability."""
        if self.reads == "decision":
            return tuple(reading.scored.decisions)
        return ("raw", "corrected") if self.reads == "probability" else ("score",)

    def applies(self, reading: Reading) -> bool:
        """Whether this part can be measured at all."""
        return reading.targets.kind in self.kinds

    def measure(
        self, reading: Reading, source: str, strata: Strata, members: BoolArray
    ) -> Estimate:
        """Measure every stratum and slice.

        Parameters
        ----------
        reading : Reading
            n rows, C targets.
        source : str
            One of :meth:`sources`.
        strata : Strata
            G strata of the rows.
        members : (S, C) bool array
            The targets of each slice; a row of True is all of them.
        """
        raise NotImplementedError

    def reduce(self, reading: Reading, source: str, weights: FloatArray) -> float:
        """The value when row i counts ``weights[i]`` times: what a bootstrap repeats."""
        weighed = Reading(reading.scored, reading.targets, reading.costs, weights)
        members = np.ones((1, len(reading.targets)), dtype=bool)
        whole = Strata.whole(reading.n)
        return float(self.measure(weighed, source, whole, members).value[0, 0])
