"""Answers that were paid for and what they cost, in one file that every process shares.

A request is entered with the most it may cost before it is sent, so caps hold whatever runs at the
same time. Its answer and its true cost are written in one transaction. What a killed process had
under way stays entered: it may have been billed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

__all__ = ["Cap", "Cost", "Kept", "Accounts", "Total"]

SCHEMA = """
create table if not exists answers (
    key text primary key, model text not null, said text not null,
    read integer not null, written integer not null
) without rowid;
create table if not exists calls (
    id integer primary key, purse text not null, at real not null, model text not null,
    state text not null, read integer not null, written integer not null, money real
);
create index if not exists open_calls on calls (purse) where state != 'paid';
create table if not exists purses (
    name text primary key, since real not null, requests integer not null,
    tokens integer not null, money real not null
) without rowid;
"""
PATIENCE = 60.0
"""Seconds to wait for another process to finish its entry."""
ASKED_AT_ONCE = 500
"""Keys in one query."""


class Cost(NamedTuple):
    """Tokens read and written, and their price; None without prices."""

    read: int
    written: int
    money: float | None

    @property
    def tokens(self) -> int:
        """Read and written together."""
        return self.read + self.written


class Cap(NamedTuple):
    """The most a purse may spend; None is no limit."""

    money: float | None = None
    tokens: int | None = None


class Kept(NamedTuple):
    """An answer as it was stored, and the tokens it took."""

    said: str
    read: int
    written: int


class Total(NamedTuple):
    """What a purse paid for since its first request, and what may have been billed besides.

    Parameters
    ----------
    since : float
        Seconds since 1970.
    requests, tokens : int
    money : float
    open_requests, open_tokens : int
    open_money : float
        Requests under way, or lost: timed out, or sent by a process that was killed.
    """

    since: float
    requests: int
    tokens: int
    money: float
    open_requests: int
    open_tokens: int
    open_money: float


class Accounts:
    """One SQLite file, made when first written.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _open(self, kind: str = "immediate") -> Iterator[sqlite3.Connection]:
        """A connection inside one transaction, which holds whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)) as to:
            if not to.execute("select 1 from sqlite_master where name = 'purses'").fetchone():
                to.executescript(f"begin immediate; {SCHEMA} commit;")
            to.execute(f"begin {kind}")
            try:
                yield to
            except BaseException:
                to.execute("rollback")
                raise
            to.execute("commit")

    def find(self, keys: Sequence[str]) -> dict[str, Kept]:
        """The answers of those keys that have one."""
        found: dict[str, Kept] = {}
        if not self.path.exists():
            return found
        with self._open("deferred") as to:
            for start in range(0, len(keys), ASKED_AT_ONCE):
                some = keys[start : start + ASKED_AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = to.execute(
                    f"select key, said, read, written from answers where key in ({marks})", some
                )
                found |= {key: Kept(*rest) for key, *rest in rows}
        return found

    def total(self, purse: str) -> Total:
        """What a purse has spent."""
        with self._open("deferred") as to:
            return _total(to, purse)

    def reserve(self, purse: str, model: str, most: Cost, cap: Cap) -> int | None:
        """Enter a request with the most it may cost; None if that would pass a cap."""
        with self._open() as to:
            spent = _total(to, purse)
            tokens = spent.tokens + spent.open_tokens + most.tokens
            money = spent.money + spent.open_money + (most.money or 0.0)
            if cap.tokens is not None and tokens > cap.tokens:
                return None
            if cap.money is not None and money > cap.money:
                return None
            made = to.execute(
                "insert into calls (purse, at, model, state, read, written, money) "
                "values (?, ?, ?, 'sent', ?, ?, ?)",
                (purse, time.time(), model, *most),
            )
            return int(made.lastrowid or 0)

    def under_way(self, purse: str, seconds: float) -> int:
        """Requests sent in the last seconds that no answer came to yet."""
        with self._open("deferred") as to:
            found = to.execute(
                "select count(*) from calls where purse = ? and state = 'sent' and at > ?",
                (purse, time.time() - seconds),
            ).fetchone()
        return int(found[0])

    def release(self, ticket: int) -> None:
        """Strike out a request that cost nothing."""
        with self._open() as to:
            to.execute("delete from calls where id = ?", (ticket,))

    def lose(self, ticket: int) -> None:
        """Keep a request that no answer came to: it may have been billed."""
        with self._open() as to:
            to.execute("update calls set state = 'lost' where id = ?", (ticket,))

    def settle(self, ticket: int, key: str, model: str, said: str, cost: Cost) -> None:
        """Store an answer and what it cost."""
        with self._open() as to:
            to.execute(
                "insert or ignore into answers values (?, ?, ?, ?, ?)",
                (key, model, said, cost.read, cost.written),
            )
            to.execute(
                "update calls set state = 'paid', read = ?, written = ?, money = ? where id = ?",
                (*cost, ticket),
            )
            to.execute(
                "insert into purses select purse, ?, 1, ?, ? from calls where id = ? "
                "on conflict (name) do update set requests = requests + 1, "
                "tokens = tokens + excluded.tokens, money = money + excluded.money",
                (time.time(), cost.tokens, cost.money or 0.0, ticket),
            )


def _total(to: sqlite3.Connection, purse: str) -> Total:
    paid = to.execute(
        "select since, requests, tokens, money from purses where name = ?", (purse,)
    ).fetchone()
    left = to.execute(
        "select count(*), coalesce(sum(read + written), 0), coalesce(sum(money), 0.0) "
        "from calls where purse = ? and state != 'paid'",
        (purse,),
    ).fetchone()
    return Total(*(paid or (time.time(), 0, 0, 0.0)), *left)
