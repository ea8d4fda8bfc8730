"""Events from wherever the service keeps them, or from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import polars as pl

    from longshelf.serving.events import Events

__all__ = ["Address", "Since", "forgotten_in", "is_file", "moment", "opened", "read_events"]

Address = Annotated[
    str,
    typer.Argument(
        metavar="EVENTS", help="The service's database: a path or address; or .parquet, .csv."
    ),
]


Since = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Leave out what came before: 2026-11-22 or 2026-11-22T08:00, UTC."
    ),
]


def moment(text: str | None) -> float:
    """Seconds UTC of a date or time; 0 of none.

    Raises
    ------
    InputError
        Not a date.
    """
    from datetime import UTC, datetime

    from longshelf.errors import InputError

    if text is None:
        return 0.0
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"a time is written 2026-11-22 or 2026-11-22T08:00, got {text!r}"
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def read_events(address: str, since: float = 0.0) -> pl.DataFrame:
    """The events behind an address, from a time on.

    Raises
    ------
    InputError
        Nothing is there.
    """
    import polars as pl

    if not is_file(address):
        store = opened(address)
        try:
            return store.read(since=since)
        finally:
            store.close()
    _check_there(address)
    table = pl.read_parquet(address) if address.endswith(".parquet") else pl.read_csv(address)
    return table.filter(pl.col("time") >= since) if "time" in table.columns else table


def forgotten_in(address: str) -> set[str]:
    """Pseudonyms a database remembers as forgotten; a file of events remembers nobody."""
    if is_file(address):
        return set()
    store = opened(address)
    try:
        return set(store.forgotten())
    finally:
        store.close()


def opened(address: str) -> Events:
    """The database behind an address, which must be there.

    Raises
    ------
    InputError
        Nothing is there.
    """
    from longshelf.serving.events.open import open_events

    _check_there(address)
    return open_events(address)


def is_file(address: str) -> bool:
    """Whether events lie in a table of their own, and not in a database."""
    return Path(address).suffix in (".parquet", ".csv")


def _check_there(address: str) -> None:
    from longshelf.errors import InputError

    if "://" not in address and not Path(address).exists():
        raise InputError(
            f"no events at {address!r}; give the database that `longshelf serve` wrote"
        )
