"""What was asked of generators, what they delivered, and why drafts were dropped."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Ledger", "current", "opened", "summed"]


@dataclass
class Ledger:
    """Counts by target name.

    Parameters
    ----------
    asked, delivered : counts of rows
    dropped : target to reason to count of drafts
        A draft that is dropped may be asked for again, so drops can exceed what is missing.
    """

    asked: Counter[str] = field(default_factory=Counter)
    delivered: Counter[str] = field(default_factory=Counter)
    dropped: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    @property
    def reasons(self) -> dict[str, int]:
        """Drops over all targets, by reason, most first."""
        total: Counter[str] = sum(self.dropped.values(), Counter())
        return dict(total.most_common())

    def take_back(self, target: str, reason: str) -> None:
        """A row that had been delivered is dropped after all."""
        self.delivered[target] -= 1
        self.dropped[target][reason] += 1

    def add(self, entries: Mapping[str, Mapping[str, Any]]) -> None:
        """Enter what another ledger's :meth:`as_dict` says."""
        for target, entry in entries.items():
            self.asked[target] += entry["asked"]
            self.delivered[target] += entry["delivered"]
            self.dropped[target].update(entry["dropped"])

    def as_dict(self) -> dict[str, Any]:
        """Each target that was asked for: asked, delivered, dropped by reason."""
        return {
            target: {
                "asked": asked,
                "delivered": self.delivered[target],
                "dropped": dict(sorted(self.dropped[target].items())),
            }
            for target, asked in sorted(self.asked.items())
        }


_open: ContextVar[Ledger | None] = ContextVar("ledger", default=None)


@contextmanager
def opened() -> Iterator[Ledger]:
    """A ledger that everything written within is entered in.

    Examples
    --------
    >>> with opened() as ledger:
    ...     current().asked["hats"] += 3
    >>> ledger.as_dict()
    {'hats': {'asked': 3, 'delivered': 0, 'dropped': {}}}
    """
    ledger = Ledger()
    token = _open.set(ledger)
    try:
        yield ledger
    finally:
        _open.reset(token)


def current() -> Ledger:
    """The open ledger; one that nobody reads where none is open."""
    return _open.get() or Ledger()


def summed(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One entry for many of :meth:`Ledger.as_dict`.

    Examples
    --------
    >>> summed([{"asked": 3, "delivered": 2, "dropped": {"empty": 1}}] * 2)
    {'asked': 6, 'delivered': 4, 'dropped': {'empty': 2}}
    """
    rows: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    for entry in entries:
        rows.update(asked=entry["asked"], delivered=entry["delivered"])
        dropped.update(entry["dropped"])
    return {**rows, "dropped": dict(sorted(dropped.items()))}
