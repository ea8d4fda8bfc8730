"""Events in PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import orjson
import polars as pl

from longshelf.errors import missing_extra
from longshelf.serving.events.record import FIELDS, Line, Record, settled, told, told_apart
from longshelf.serving.events.store import Away, Batch, Refused

__all__ = ["PostgresEvents"]

_KINDS = {"time": "double precision", "propensity": "double precision"}
_TABLES = f"""
CREATE TABLE IF NOT EXISTS longshelf_events (
  id bigserial PRIMARY KEY,
  {", ".join(f"{name} {_KINDS.get(name, 'text')}" for name in FIELDS)}, UNIQUE (event)
);
CREATE INDEX IF NOT EXISTS longshelf_acts ON longshelf_events (id) WHERE kind <> 'impression';
CREATE TABLE IF NOT EXISTS longshelf_forgotten (
  person text PRIMARY KEY, moment double precision
);
"""
_VALUES = ", ".join(
    f"(value ->> {at})::{_KINDS[name]}" if name in _KINDS else f"value ->> {at}"
    for at, name in enumerate(FIELDS)
)
_INSERT = (
    f"INSERT INTO longshelf_events ({', '.join(FIELDS)}) "
    f"SELECT {_VALUES} FROM json_array_elements(%s::json) WHERE NOT EXISTS ("
    f"SELECT 1 FROM longshelf_forgotten WHERE person = value ->> {FIELDS.index('person')} "
    f"AND moment >= (value ->> {FIELDS.index('time')})::double precision) "
    "ON CONFLICT (event) DO NOTHING"
)
_LOCK = 5_105_100
"""Of the advisory lock: workers that start together make the tables one after another, and rows
get their numbers in the order they become visible."""


class PostgresEvents:
    """Two tables of a database; the connection is made anew when it is lost.

    Parameters
    ----------
    address : str
        ``postgresql://user:password@host:port/name``.
    patience : float, default 5
        Seconds to wait for a connection or a statement.

    Raises
    ------
    Unavailable
        If ``psycopg`` is not installed.
    """

    def __init__(self, address: str, patience: float = 5.0) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise missing_extra("psycopg", "postgres", "events in PostgreSQL") from error
        self._psycopg = psycopg
        self.address, self.patience = address, patience
        self._held: Any = None

    def append(self, records: Sequence[Record | Line]) -> None:
        """Write all or none; see :class:`Events`."""
        rows = orjson.dumps([record.row() for record in records]).decode()
        self._run(("SELECT pg_advisory_xact_lock(%s)", (_LOCK,)), (_INSERT, (rows,)))

    def read(self, since: float = 0.0) -> pl.DataFrame:
        """Events from a moment on; see :class:`Events`."""
        names = ", ".join(FIELDS)
        asked = f"SELECT {names} FROM longshelf_events WHERE time >= %s ORDER BY id"
        return told(self._run((asked, (since,))))

    def after(self, mark: int, since: float = 0.0, limit: int = 20_000) -> Batch:
        """What was written after a mark; see :class:`Events`."""
        names = ", ".join(FIELDS)
        rows = self._run(
            (
                f"SELECT id, {names} FROM longshelf_events WHERE id > %s AND time >= %s "
                "ORDER BY id LIMIT %s",
                (mark, since, limit),
            )
        )
        before = (
            f"SELECT {names} FROM longshelf_events WHERE event = ANY(%s) "
            "AND kind = 'impression' AND time >= %s"
        )
        kept, lists = settled(rows, lambda some: self._run((before, (some, since))))
        return Batch(kept[-1][0] if kept else mark, *told_apart(kept, lists))

    def touches(self, after: int, limit: int = 10_000) -> tuple[int, list[tuple[str, str]]]:
        """Acts after a mark; see :class:`Events`."""
        rows = self._run(
            (
                "SELECT id, person, items::json ->> 0 FROM longshelf_events "
                "WHERE kind <> 'impression' AND id > %s ORDER BY id LIMIT %s",
                (after, limit),
            )
        )
        return (rows[-1][0] if rows else after), [(user, item) for _, user, item in rows]

    def mark(self, back: int = 0) -> int:
        """The mark of now; see :class:`Events`."""
        last: int = self._run(("SELECT coalesce(max(id), 0) FROM longshelf_events", ()))[0][0]
        return max(0, last - back)

    def forget(self, user: str) -> int:
        """Delete a user's events; see :class:`Events`."""
        gone = self._run(
            ("DELETE FROM longshelf_forgotten WHERE person = %s", (user,)),
            ("INSERT INTO longshelf_forgotten VALUES (%s, %s)", (user, time.time())),
            ("DELETE FROM longshelf_events WHERE person = %s RETURNING id", (user,)),
        )
        return len(gone)

    def forgotten(self) -> dict[str, float]:
        """Users to be treated as unknown; see :class:`Events`."""
        return dict(self._run(("SELECT person, moment FROM longshelf_forgotten", ())))

    def close(self) -> None:
        """Let go of the connection."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _connection(self) -> Any:
        if self._held is None or self._held.closed:
            self._held = self._psycopg.connect(
                self.address, connect_timeout=max(1, round(self.patience)),
                options=f"-c statement_timeout={int(1000 * self.patience)}",
            )  # fmt: skip
            with self._held.transaction():
                self._held.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                self._held.execute(_TABLES)
        return self._held

    def _run(self, *lines: tuple[str, tuple[Any, ...]]) -> list[Any]:
        """Statements in one transaction; rows of the last."""
        try:
            held = self._connection()
            with held.transaction():
                for text, values in lines:
                    cursor = held.execute(text, values)
                return cursor.fetchall() if cursor.description else []
        except self._psycopg.Error as error:
            away = isinstance(error, self._psycopg.OperationalError | self._psycopg.InterfaceError)
            if away:
                self.close()
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            kind = Away if away else Refused
            raise kind(f"PostgreSQL does not do it: {said}") from error
