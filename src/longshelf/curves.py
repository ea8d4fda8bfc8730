"""Learning curves: how a training goes, told while it runs to whoever listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

__all__ = ["Curve", "Point", "Sink", "listening", "telling"]

EVERY = 10.0
"""Seconds between two points within an epoch."""


@dataclass(frozen=True)
class Point:
    """Where a training stood.

    Parameters
    ----------
    training : int
        Which one of a fit, from 1; a fit may train several networks.
    step : int
        Optimiser steps it had done.
    values : mapping of name to float
        ``loss`` so far in its epoch, ``rate`` and ``epoch``, the epochs done; ``valid`` at the end
        of an epoch, higher is better.
    """

    training: int
    step: int
    values: Mapping[str, float]


Sink = Callable[[Point], None]


@dataclass
class _Place:
    sink: Sink
    every: float
    begun: int = 0


_HERE: ContextVar[_Place | None] = ContextVar("longshelf_curves", default=None)


@contextmanager
def telling(sink: Sink, every: float = EVERY) -> Iterator[None]:
    """Tell a listener of every epoch of the trainings inside, and of long epochs in between.

    Parameters
    ----------
    sink : callable
        Called with each :class:`Point`, in the middle of the training.
    every : float, seconds, default 10
        Time between two points within an epoch.

    Examples
    --------
    >>> heard = []
    >>> with telling(heard.append):
    ...     listening().tell(100, loss=0.5)
    >>> heard
    [Point(training=1, step=100, values={'loss': 0.5})]
    >>> listening() is None
    True
    """
    token = _HERE.set(_Place(sink, every))
    try:
        yield
    finally:
        _HERE.reset(token)


def listening() -> Curve | None:
    """What the training that begins now tells its course to; None where nobody listens."""
    place = _HERE.get()
    if place is None:
        return None
    place.begun += 1
    return Curve(place.sink, place.begun, place.every)


@dataclass
class Curve:
    """The course of one training.

    Parameters
    ----------
    sink : callable
    training : int
    every : float, seconds
    """

    sink: Sink
    training: int
    every: float
    _last: float = field(default_factory=time.monotonic)

    @property
    def due(self) -> bool:
        """Whether long enough has passed since the last point."""
        return time.monotonic() - self._last >= self.every

    def tell(self, step: int, **values: float) -> None:
        """Add a point."""
        self._last = time.monotonic()
        self.sink(Point(self.training, step, values))

    def retell(self, history: Sequence[Mapping[str, float]]) -> None:
        """Tell of every epoch of a training that ran where nobody could listen."""
        steps = 0
        for epoch, one in enumerate(history, 1):
            steps += int(one["steps"])
            self.tell(steps, loss=one["loss"], valid=one["valid"], epoch=epoch)
