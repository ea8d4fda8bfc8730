"""Which columns of a log say who, what and when, and which of its rows count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from longshelf.errors import InputError, unknown

if TYPE_CHECKING:
    from ibis.expr.types import Table

__all__ = ["UNITS", "Columns"]

UNITS: Mapping[str, int] = {"s": 1_000_000, "ms": 1_000, "us": 1}
"""Microseconds in one of each unit of time."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """How to read a log: one row is one event, a user did something with an item.

    Parameters
    ----------
    user, item : str
        Columns of ids, text or whole numbers. White space around a text is dropped; an empty one is
        a missing one.
    time : str
        Column of time stamps, dates, ISO 8601 texts or numbers since 1970. What names no zone is
        UTC.
    unit : {"auto", "s", "ms", "us"}, default "auto"
        Of times that are numbers. ``auto`` goes by the size of the largest.
    only : mapping of column to values
        Keep events whose column shows one of the values, as ``{"event": ("click", "buy")}``.
    since, until : str, optional
        ISO 8601; events before the first or from the second on are dropped.

    Raises
    ------
    InputError
        If the unit is unknown, a date cannot be read, or two roles name one column.
    """

    user: str
    item: str
    time: str
    unit: str = "auto"
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: str | None = None
    until: str | None = None

    def __post_init__(self) -> None:
        if self.unit not in ("auto", *UNITS):
            raise unknown("unit of time", self.unit, ("auto", *UNITS))
        if len({self.user, self.item, self.time}) < 3:
            raise InputError(
                f"user, item and time are three columns; got {self.user!r}, {self.item!r} and "
                f"{self.time!r}"
            )
        if self.first is not None and self.last is not None and self.first >= self.last:
            raise InputError(f"no event is since {self.since} and until {self.until}")

    @property
    def first(self) -> int | None:
        """``since``, in microseconds."""
        return _micros(self.since, "since")

    @property
    def last(self) -> int | None:
        """``until``, in microseconds."""
        return _micros(self.until, "until")

    def check(self, log: Table) -> None:
        """Refuse a log that lacks a column.

        Raises
        ------
        InputError
        """
        for column in (self.user, self.item, self.time, *self.only):
            if column not in log.columns:
                raise unknown("column of the log", column, log.columns)


def _micros(text: str | None, flag: str) -> int | None:
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"--{flag} {text!r} is no ISO date such as 2024-01-31") from error
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    since = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
