"""What language models cost, counted for whoever listens while it is spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

__all__ = ["Rehearsal", "Rehearsed", "note", "rehearsal", "rehearsing", "spending", "tokens_of"]

Tally = Counter[str]

_TALLIES: ContextVar[tuple[Tally, ...]] = ContextVar("tallies", default=())
_REHEARSAL: ContextVar[Rehearsal | None] = ContextVar("rehearsal", default=None)


@contextmanager
def spending() -> Iterator[Tally]:
    """Count what is noted inside, in every open count at once.

    Examples
    --------
    >>> with spending() as spent:
    ...     note(requests=2, hits=1)
    >>> dict(spent)
    {'requests': 2, 'hits': 1}
    """
    tally = Tally()
    token = _TALLIES.set((*_TALLIES.get(), tally))
    try:
        yield tally
    finally:
        _TALLIES.reset(token)


def note(**amounts: float) -> None:
    """Add amounts to every open count; nothing where none is open."""
    for tally in _TALLIES.get():
        for name, amount in amounts.items():
            tally[name] += amount  # type: ignore[assignment]


class Rehearsed(Exception):
    """What would be asked is counted; without answers there is nothing to go on with."""


@dataclass
class Rehearsal:
    """What would be sent, were it not a rehearsal.

    Parameters
    ----------
    asked : set of str
        Keys of the requests, each once.
    hits : int
        Those of them that were answered and kept before.
    read, written : float
        Tokens the others would take, estimated.
    money : float or None
        What these would cost; None once a request had no price.
    """

    asked: set[str] = field(default_factory=set)
    hits: int = 0
    read: float = 0.0
    written: float = 0.0
    money: float | None = 0.0

    def add_hits(self, keys: Iterable[str]) -> None:
        """Count requests that are answered already, each once."""
        fresh = set(keys) - self.asked
        self.hits += len(fresh)
        self.asked |= fresh

    def add(self, key: str, text: str, likely: int, prices: tuple[float, float] | None) -> None:
        """Count a request that would be sent, once."""
        if key in self.asked:
            return
        self.asked.add(key)
        read = tokens_of(text)
        self.read += read
        self.written += likely
        if self.money is not None:
            priced = None if prices is None else (read * prices[0] + likely * prices[1]) / 1e6
            self.money = None if priced is None else self.money + priced


@contextmanager
def rehearsing() -> Iterator[Rehearsal]:
    """Send nothing inside; count what would be sent."""
    counted = Rehearsal()
    token = _REHEARSAL.set(counted)
    try:
        yield counted
    finally:
        _REHEARSAL.reset(token)


def rehearsal() -> Rehearsal | None:
    """The rehearsal under way, or None."""
    return _REHEARSAL.get()


def tokens_of(text: str) -> float:
    """About how many tokens a text has: four ASCII characters each, or one other character.

    Examples
    --------
    >>> tokens_of("red shoe"), tokens_of("跑鞋")
    (2.0, 2.0)
    """
    plain = sum(map(str.isascii, text))
    return plain / 4 + len(text) - plain
