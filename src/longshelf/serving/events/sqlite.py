"""Events in an SQLite file that several processes share."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from longshelf.errors import InputError
from longshelf.serving.events.record import FIELDS, Line, Record, settled, told, told_apart
from longshelf.serving.events.store import Away, Batch, Refused

__all__ = ["SqliteEvents"]

_KINDS = {"time": "REAL", "propensity": "REAL"}
_TABLES = f"""
CREATE TABLE IF NOT EXISTS events (
  id INTEGER PRIMARY KEY, {", ".join(f"{name} {_KINDS.get(name, 'TEXT')}" for name in FIELDS)},
  UNIQUE (event)
);
CREATE INDEX IF NOT EXISTS acts ON events (id) WHERE kind <> 'impression';
CREATE TABLE IF NOT EXISTS forgotten (person TEXT PRIMARY KEY, moment REAL);
"""
_ROWS = 64
"""Rows of one statement; it is kept for each number of them."""


@cache
def _insert(count: int) -> str:
    """Append so many rows, but for those of whom was forgotten since."""
    row = f"({', '.join('?' * len(FIELDS))})"
    person, moment = FIELDS.index("person") + 1, FIELDS.index("time") + 1
    return (
        f"INSERT OR IGNORE INTO events ({', '.join(FIELDS)}) "
        f"SELECT * FROM (VALUES {', '.join([row] * count)}) WHERE NOT EXISTS (SELECT 1 FROM "
        f"forgotten WHERE person = column{person} AND moment >= column{moment})"
    )


class SqliteEvents:
    """A write-ahead log that is flushed to the disk with every commit.

    A batch is one statement of many rows and one commit, or a few of them if it is large: the thread
    that writes takes the interpreter's lock once a statement, not once a row, and does not slow the
    loop that answers.

    Parameters
    ----------
    path : str or Path
        Made if it is not there.
    patience : float, default 5
        Seconds to wait for another process that writes.

    Raises
    ------
    InputError
        If the file is no database, or its folder is missing.
    """

    def __init__(self, path: str | Path, patience: float = 5.0) -> None:
        self.path = Path(path)
        try:
            self._open = sqlite3.connect(
                self.path, timeout=patience, isolation_level=None, check_same_thread=False
            )
            for line in (
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA secure_delete = ON",
                f"PRAGMA busy_timeout = {int(1000 * patience)}",
            ):
                self._open.execute(line)
            self._open.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"events cannot be kept in {self.path}: {error}; name a file in a folder that "
                "can be written, or a database such as postgresql://user@host/name"
            ) from error

    def append(self, records: Sequence[Record | Line]) -> None:
        """Write all or none; see :class:`Events`."""
        rows = [record.row() for record in records]
        try:
            if len(rows) <= _ROWS:
                self._insert(rows)
            else:
                self._together(rows)
        except (sqlite3.DataError, sqlite3.IntegrityError) as error:
            raise Refused(f"{self.path} refuses events: {error}") from error
        except sqlite3.Error as error:
            raise Away(f"events were not written to {self.path}: {error}") from error

    def _insert(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            self._open.execute(_insert(len(rows)), tuple(chain.from_iterable(rows)))

    def _together(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Several statements in one transaction."""
        self._open.execute("BEGIN IMMEDIATE")
        try:
            for at in range(0, len(rows), _ROWS):
                self._insert(rows[at : at + _ROWS])
            self._open.execute("COMMIT")
        except BaseException:
            if self._open.in_transaction:
                self._open.execute("ROLLBACK")
            raise

    def read(self, since: float = 0.0) -> pl.DataFrame:
        """Events from a moment on; see :class:`Events`."""
        return told(
            self._ask(
                f"SELECT {', '.join(FIELDS)} FROM events WHERE time >= ? ORDER BY id", (since,)
            )
        )

    def after(self, mark: int, since: float = 0.0, limit: int = 20_000) -> Batch:
        """What was written after a mark; see :class:`Events`."""
        names = ", ".join(FIELDS)
        rows = self._ask(
            f"SELECT id, {names} FROM events WHERE id > ? AND time >= ? ORDER BY id LIMIT ?",
            (mark, since, limit),
        )
        before = (
            f"SELECT {names} FROM events WHERE event IN (SELECT value FROM json_each(?)) "
            "AND kind = 'impression' AND time >= ?"
        )
        kept, lists = settled(
            rows, lambda some: self._ask(before, (orjson.dumps(some).decode(), since))
        )
        return Batch(kept[-1][0] if kept else mark, *told_apart(kept, lists))

    def touches(self, after: int, limit: int = 10_000) -> tuple[int, list[tuple[str, str]]]:
        """Acts after a mark; see :class:`Events`."""
        rows = self._ask(
            "SELECT id, person, items ->> 0 FROM events "
            "WHERE kind <> 'impression' AND id > ? ORDER BY id LIMIT ?",
            (after, limit),
        )
        return (rows[-1][0] if rows else after), [(user, item) for _, user, item in rows]

    def mark(self, back: int = 0) -> int:
        """The mark of now; see :class:`Events`."""
        last: int = self._ask("SELECT coalesce(max(id), 0) FROM events", ())[0][0]
        return max(0, last - back)

    def forget(self, user: str) -> int:
        """Delete a user's events, in the log as well; see :class:`Events`."""
        try:
            self._open.execute("BEGIN IMMEDIATE")
            gone = self._open.execute("DELETE FROM events WHERE person = ?", (user,)).rowcount
            self._open.execute(
                "INSERT OR REPLACE INTO forgotten VALUES (?, ?)", (user, time.time())
            )
            self._open.execute("COMMIT")
            self._open.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            if self._open.in_transaction:
                self._open.execute("ROLLBACK")
            raise Away(f"{self.path} did not forget: {error}; try again") from error
        return int(gone)

    def forgotten(self) -> dict[str, float]:
        """Users to be treated as unknown; see :class:`Events`."""
        return dict(self._ask("SELECT person, moment FROM forgotten", ()))

    def close(self) -> None:
        """Let go of the file."""
        self._open.close()

    def _ask(self, question: str, values: tuple[Any, ...]) -> list[Any]:
        try:
            return self._open.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise Away(f"events cannot be read from {self.path}: {error}") from error
