"""``longshelf prepare``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from longshelf.cli import say

if TYPE_CHECKING:
    from longshelf.prepare.events import Prepared
    from longshelf.prepare.events.engine import Engine

__all__ = ["prepare"]


class EngineName(StrEnum):
    """Where it runs."""

    duckdb = "duckdb"
    spark = "spark"


class Split(StrEnum):
    """How parts are made."""

    by_time = "by_time"
    leave_last_out = "leave_last_out"
    none = "none"


class Repeats(StrEnum):
    """Which repeats go."""

    event = "event"
    pair = "pair"
    keep = "keep"


def prepare(
    log: Annotated[list[str], typer.Argument(help="Event log: Parquet, CSV or JSON lines.")],
    user: Annotated[str, typer.Option(help="Column of user ids.")],
    item: Annotated[str, typer.Option(help="Column of item ids.")],
    time: Annotated[str, typer.Option(help="Column of times.")],
    output: Annotated[str, typer.Option("-o", help="Folder to write.")],
    unit: Annotated[str, typer.Option(help="Of times that are numbers: auto, s, ms, us.")] = "auto",
    only: Annotated[
        list[str] | None, typer.Option(help="column=value[,value]: keep these events; repeat.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="ISO date; earlier events are dropped.")] = None,
    until: Annotated[
        str | None, typer.Option(help="ISO date; events from then on are dropped.")
    ] = None,
    repeats: Annotated[
        Repeats,
        typer.Option(help="Drop equal events, all but a user's first with an item, or none."),
    ] = Repeats.event,
    gap: Annotated[
        float | None, typer.Option(help="Minutes of idleness that end a session; numbers sessions.")
    ] = None,
    k: Annotated[int, typer.Option(help="Events every user and item keep at least.")] = 5,
    split: Annotated[Split, typer.Option(help="How to part the events.")] = Split.by_time,
    valid: Annotated[float, typer.Option(help="Share of events, for by_time.")] = 0.1,
    test: Annotated[float, typer.Option(help="Share of events, the latest, for by_time.")] = 0.1,
    key_file: Annotated[
        Path | None, typer.Option(help="File whose bytes make pseudonyms of the user ids.")
    ] = None,
    engine: Annotated[EngineName, typer.Option(help="Where to run.")] = EngineName.duckdb,
    memory: Annotated[str, typer.Option(help="The most DuckDB holds.")] = "2GB",
    threads: Annotated[int | None, typer.Option(help="For DuckDB; all cores if not given.")] = None,
    master: Annotated[str | None, typer.Option(help="Spark's, as spark://host:7077.")] = None,
    work: Annotated[
        str | None, typer.Option(help="Folder for what is spilled; the output's if not given.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Turn a raw event log into interactions, and show what every step dropped."""
    from longshelf.catalogue import describe
    from longshelf.errors import missing_extra

    try:
        from longshelf.prepare.events import Columns, Preparation, prepare_events
    except ImportError as error:
        raise missing_extra("ibis-framework", "prepare", "event logs") from error

    columns = Columns(
        user=user, item=item, time=time, unit=unit, only=_asked(only), since=since, until=until
    )
    plan = Preparation(
        columns=columns, repeats=repeats.value, gap=gap, k=k, split=split.value, valid=valid,
        test=test, key=_key(key_file),
    )  # fmt: skip
    laws = [one.name for one in describe("strategy") if "negatives" in one.more["hooks"].split()]
    running = _engine(engine, work or output, memory, threads, master)
    try:
        with _watched() as said:
            done = prepare_events(log, output, plan, running, laws=laws, said=said)
    finally:
        running.close()
    if json:
        say.as_json(done.as_dict())
    else:
        _shown(done)


def _shown(done: Prepared) -> None:
    rows = done.table()
    say.table("", list(rows[0]), [list(row.values()) for row in rows])
    parts = ", ".join(f"{name} {n:,}" for name, n in done.split["events"].items())
    say.text(
        f"{done.core['k']}-core after {done.core['passes']} passes; {parts or 'not split'}; "
        f"{done.seconds:.1f} s",
        *(f"note: {warning}" for warning in done.warnings),
        done.folder,
    )


def _asked(only: Sequence[str] | None) -> dict[str, tuple[str, ...]]:
    from longshelf.errors import InputError

    asked = {}
    for one in only or ():
        column, sign, values = one.partition("=")
        if not (column and sign and values):
            raise InputError(f"--only {one!r} is not of the form column=value[,value]")
        asked[column] = tuple(values.split(","))
    return asked


def _key(path: Path | None) -> bytes | None:
    from longshelf.errors import Unavailable

    if path is None:
        return None
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise Unavailable(f"the key file {path} cannot be read: {error.strerror}") from error


def _engine(
    name: EngineName, work: str, memory: str, threads: int | None, master: str | None
) -> Engine:
    from longshelf.prepare.events import DuckDb, Spark

    if name is EngineName.spark:
        return Spark(work, master)
    return DuckDb(work, memory, threads)


@contextmanager
def _watched() -> Iterator[Callable[[str], None] | None]:
    """A live line of the running step, where a person is watching."""
    if not say.interactive():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("reading") as status:
        yield lambda step: status.update(step)
