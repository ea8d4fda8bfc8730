"""``longshelf forget``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from longshelf.cli import say

__all__ = ["forget"]


def forget(
    user: Annotated[str, typer.Argument(help="The id the shop knows the user by.")],
    events: Annotated[
        str, typer.Option(help="An SQLite file, or postgresql://user@host/name; off leaves them.")
    ] = "events.db",
    artifact: Annotated[
        list[Path] | None,
        typer.Option(help="A folder to be written anew without the user; may be repeated."),
    ] = None,
    key_file: Annotated[
        str, typer.Option(help="Key of the pseudonyms; else LONGSHELF_KEY is read.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Delete a user's events, and vector and history from artifacts; services know the user no more."""
    from longshelf.artifact import pseudonym, read_key
    from longshelf.artifact.forgetting import forget_users

    person = pseudonym(user, read_key(key_file or None))
    deleted = None if events == "off" else _deleted(events, person)
    left = {str(folder): forget_users(folder, {person}) for folder in artifact or ()}
    if json:
        say.as_json({"deleted": deleted, "artifacts": left})
        return
    if deleted is not None:
        say.text(f"{deleted} stored rows deleted; services know the user no more within a second")
    for folder, there in left.items():
        say.text(f"{folder}: {'written anew without the user' if there else 'knows no such user'}")


def _deleted(address: str, person: str) -> int:
    from longshelf.errors import InputError
    from longshelf.serving.events import open_events

    if "://" not in address and not Path(address).is_file():
        raise InputError(
            f"there are no events in {address}; say where with --events, or leave them with "
            "--events off"
        )
    store = open_events(address)
    try:
        return store.forget(person)
    finally:
        store.close()
