"""The one interface of event databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import polars as pl

from longshelf.errors import InputError, Unavailable
from longshelf.serving.events.record import Line, Record

__all__ = ["Away", "Batch", "Events", "Refused"]


class Away(Unavailable):
    """The database does not answer, or cannot write; it may again."""


class Refused(InputError):
    """The database answers, and will never take this."""


class Batch(NamedTuple):
    """Events in the order written, and what is needed to read them.

    Parameters
    ----------
    mark : int
        Up to where they go; the same as asked for where nothing is new.
    events : polars.DataFrame
        As :meth:`Events.read` gives them.
    lists : polars.DataFrame
        Exposures that acts among the events answer, and that are not among them.
    """

    mark: int
    events: pl.DataFrame
    lists: pl.DataFrame


class Events(Protocol):
    """Where events are kept. One object belongs to one thread at a time."""

    def append(self, records: Sequence[Record | Line]) -> None:
        """Write all or none, on the disk when this returns.

        Events already there are left out, and so are those of a forgotten user from before the
        moment of forgetting.

        Raises
        ------
        Away
            If nothing was written.
        Refused
            If nothing was written, and trying again is of no use.
        """
        ...

    def read(self, since: float = 0.0) -> pl.DataFrame:
        """Events from a moment on (seconds UTC), a row per item, in the order written."""
        ...

    def after(self, mark: int, since: float = 0.0, limit: int = 20_000) -> Batch:
        """What was written after a mark, so many answers and acts at most; see :class:`Batch`."""
        ...

    def touches(self, after: int, limit: int = 10_000) -> tuple[int, list[tuple[str, str]]]:
        """Acts written after a mark: the new mark, and (user, item) in the order written."""
        ...

    def mark(self, back: int = 0) -> int:
        """The mark of now, or that of so many rows before."""
        ...

    def forget(self, user: str) -> int:
        """Delete a user's events and remember that the user is to be treated as unknown.

        Returns
        -------
        int
            Rows deleted.
        """
        ...

    def forgotten(self) -> dict[str, float]:
        """Users to be treated as unknown, and the moment each was forgotten (seconds UTC)."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...
