"""``longshelf serve``."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["serve"]


def serve(
    artifacts: Annotated[list[str], typer.Argument(help="Folders made by longshelf export.")],
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Where to listen.")] = 8080,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    events: Annotated[
        str, typer.Option(help="An SQLite file, or postgresql://user@host/name.")
    ] = "events.db",
    cache: Annotated[
        str, typer.Option(help="off, or redis://host:port/0; in process if not given.")
    ] = "",
    key_file: Annotated[
        str, typer.Option(help="Key of the pseudonyms; else LONGSHELF_KEY is read.")
    ] = "",
    api_keys: Annotated[
        str, typer.Option(help="File of lines: a name and the SHA-256 of a key.")
    ] = "",
    rate: Annotated[
        float, typer.Option(help="Requests a second of one caller in one worker; 0 is unbounded.")
    ] = 0.0,
    trial: Annotated[str, typer.Option(help="JSON file of a trial and its arms.")] = "",
    settings: Annotated[
        str, typer.Option(help="JSON file of live settings, read again when it changes.")
    ] = "",
    reranker: Annotated[str, typer.Option(help="module:function for a second look.")] = "",
    user: Annotated[
        list[str] | None, typer.Option(help="An id the storefront offers; may be repeated.")
    ] = None,
    storefront: Annotated[bool, typer.Option(help="Show a shop window at /.")] = True,
    unguarded: Annotated[
        bool, typer.Option("--unguarded", help="Listen beyond this machine without API keys.")
    ] = False,
) -> None:
    """Serve artifacts over HTTP: lists, search, decisions, and a record of what happened."""
    from longshelf.serving import Config
    from longshelf.serving import serve as run

    config = Config(
        artifacts=tuple(artifacts), events=events, cache=cache, key_file=key_file,
        api_keys=api_keys, rate=rate, trial=trial, dials=settings, reranker=reranker,
        shown_users=tuple(user or ()), storefront=storefront,
    )  # fmt: skip
    run(config, host=host, port=port, workers=workers, unguarded=unguarded)
