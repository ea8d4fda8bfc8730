"""What metrics of texts read, and the three shapes they have: a mean, a sample, a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from longshelf.errors import InputError
from longshelf.metrics.base import Metric, Reads
from longshelf.prepare import normalise_key
from longshelf.tables import BoolArray, FloatArray, IntArray, Rows, Targets

__all__ = ["Gauge", "OfEach", "OfSample", "OfTexts", "TextReading", "evenly", "spread"]


@dataclass(frozen=True)
class TextReading:
    """Texts and all that they can be held against.

    Parameters
    ----------
    texts : (n,) str array
        Written for the rows, or the rows' own.
    rows : Rows
        n rows; ``y`` are their real texts, ``inputs`` what was asked for.
    targets : Targets
        The categories.
    train, valid : Rows or None
        What writers learned from, and real texts they did not.
    shared : dict
        Work that depends on the rows alone, done once for every writer.
    """

    texts: NDArray[np.str_]
    rows: Rows
    targets: Targets
    train: Rows | None = None
    valid: Rows | None = None
    shared: dict[str, Any] = field(default_factory=dict, repr=False)
    _own: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def real(self) -> NDArray[np.str_]:
        """The texts the rows have; (n,)."""
        return self.rows.y

    @cached_property
    def keys(self) -> pl.Series:
        """The texts as they are compared for equality."""
        return normalise_key(pl.Series(self.texts.tolist(), dtype=pl.String))

    def once(self, name: str, work: Callable[[], Any]) -> Any:
        """Work of these texts, done at the first asking."""
        if name not in self._own:
            self._own[name] = work()
        return self._own[name]

    def for_all(self, name: str, work: Callable[[], Any]) -> Any:
        """Work that is the same for every writer, done at the first asking of any."""
        if name not in self.shared:
            self.shared[name] = work()
        return self.shared[name]


class Gauge(NamedTuple):
    """A value, the change of it per unit weight of each row where it has one, and its texts."""

    value: float
    influence: FloatArray | None
    support: int


@dataclass(frozen=True, kw_only=True)
class OfTexts(Metric):
    """A metric of written texts.

    ``of_real`` says that real texts can be measured as well, to hold the written ones against.
    """

    abstract: ClassVar[bool] = True
    reads: ClassVar[Reads] = "text"
    kinds: ClassVar[frozenset[str]] = frozenset({"text"})
    of_real: ClassVar[bool] = True

    def able(self, reading: TextReading) -> bool:
        """Whether all that it needs is at hand."""
        return True

    def gauge(self, reading: TextReading, inside: BoolArray) -> Gauge:
        """The value of the texts inside; (n,) bool."""
        raise NotImplementedError

    def further(self, reading: TextReading) -> Iterator[tuple[str, str, Gauge]]:
        """Values on slices of its own: axis, slice, value."""
        return iter(())


@dataclass(frozen=True, kw_only=True)
class OfEach(OfTexts):
    """``finish(sum of tops / sum of bottoms)`` of rows, each with its own."""

    abstract: ClassVar[bool] = True
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "row"

    def parts(self, reading: TextReading) -> tuple[FloatArray, FloatArray]:
        """Numerator and denominator of each text; (n,) both."""
        raise NotImplementedError

    def finish(self, ratio: float) -> tuple[float, float]:
        """The value and its derivative by the ratio."""
        return ratio, 1.0

    def gauge(self, reading: TextReading, inside: BoolArray) -> Gauge:
        top, bottom = reading.once(self.id, lambda: self.parts(reading))
        return spread(top, bottom, inside, self.finish)


def spread(
    top: FloatArray,
    bottom: FloatArray,
    inside: BoolArray,
    finish: Callable[[float], tuple[float, float]] = lambda ratio: (ratio, 1.0),
) -> Gauge:
    """A function of a ratio of sums with the influence of every row.

    Examples
    --------
    >>> spread(np.array([1.0, 0, 5]), np.ones(3), np.array([True, True, False]))[:2]
    (0.5, array([ 0.75, -0.75,  0.  ]))
    """
    counted = inside & (bottom > 0)
    below = float(bottom[counted].sum())
    if below <= 0:
        return Gauge(float("nan"), None, 0)
    ratio = float(top[counted].sum()) / below
    value, slope = finish(ratio)
    moved = np.where(counted, slope * len(top) / below * (top - ratio * bottom), 0.0)
    return Gauge(value, moved, int(counted.sum()))


@dataclass(frozen=True, kw_only=True)
class OfSample(OfTexts):
    """A value that falls or rises with the number of texts, so equally many are looked at.

    Parameters
    ----------
    sample : int >= 2, default 200
        Texts looked at, spread evenly over the rows; compare slices only where their support is
        equal.

    Raises
    ------
    InputError
        If the sample is below 2.
    """

    abstract: ClassVar[bool] = True
    unit: ClassVar[Literal["row", "class", "source", "catalogue"]] = "catalogue"
    grouped: ClassVar[bool] = False

    sample: int = 200

    def __post_init__(self) -> None:
        if self.sample < 2:
            raise InputError(
                f"{type(self).__name__} needs a sample of 2 or more, got {self.sample}"
            )

    def of(self, texts: list[str]) -> float:
        """The value of some texts, NaN where there is none."""
        raise NotImplementedError

    def gauge(self, reading: TextReading, inside: BoolArray) -> Gauge:
        chosen = evenly(np.flatnonzero(inside), self.sample)
        value = self.of(reading.texts[chosen].tolist()) if len(chosen) else float("nan")
        return Gauge(value, None, len(chosen))


def evenly(places: IntArray, most: int) -> IntArray:
    """At most so many of the places, evenly spread.

    Examples
    --------
    >>> evenly(np.arange(10), 4)
    array([0, 3, 6, 9])
    """
    if len(places) <= most:
        return places
    return places[np.round(np.linspace(0, len(places) - 1, most)).astype(np.int64)]
