"""From an address to a database."""

from __future__ import annotations

from longshelf.errors import InputError
from longshelf.serving.events.store import Events

__all__ = ["open_events"]


def open_events(address: str) -> Events:
    """The events behind an address.

    Parameters
    ----------
    address : str
        A path to an SQLite file, or ``postgresql://user@host/name``.

    Raises
    ------
    InputError
        If the address is of another kind, or the file cannot be used.
    """
    if address.startswith(("postgresql://", "postgres://")):
        from longshelf.serving.events.postgres import PostgresEvents

        return PostgresEvents(address)
    if "://" in address:
        kind = address.split("://", 1)[0]
        raise InputError(
            f"events cannot be kept at {kind}://; give a file, or postgresql://user@host/name"
        )
    from longshelf.serving.events.sqlite import SqliteEvents

    return SqliteEvents(address)
