"""``longshelf forget``."""

from __future__ import annotations

from typing import Annotated

import typer

from longshelf.cli import say

__all__ = ["forget"]


def forget(
    user: Annotated[str, typer.Argument(help="The id the shop knows the user by.")],
    events: Annotated[
        str, typer.Option(help="An SQLite file, or postgresql://user@host/name.")
    ] = "events.db",
    key_file: Annotated[
        str, typer.Option(help="Key of the pseudonyms; else LONGSHELF_KEY is read.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Delete all events of a user; running services then treat the user as unknown."""
    from pathlib import Path

    from longshelf.artifact import pseudonym, read_key
    from longshelf.errors import InputError
    from longshelf.serving.events import open_events

    key = read_key(key_file or None)
    if "://" not in events and not Path(events).is_file():
        raise InputError(f"there are no events in {events}; say where with --events")
    store = open_events(events)
    try:
        gone = store.forget(pseudonym(user, key))
    finally:
        store.close()
    if json:
        say.as_json({"deleted": gone})
    else:
        say.text(f"{gone} stored rows deleted; services know the user no more within a second")
