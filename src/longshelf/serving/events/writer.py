"""One thread writes what many requests hand in, as much at once as has gathered."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

from longshelf.errors import Unavailable
from longshelf.serving.events.record import Line, Record
from longshelf.serving.events.store import Away, Events, Refused

__all__ = ["Full", "Unsaved", "Writer"]

Pair: TypeAlias = "tuple[Record | Line, asyncio.Future[None] | None]"


class Full(Unavailable):
    """The queue of events is full: nothing was taken, ask again later."""


class Unsaved(Unavailable):
    """An event was taken and could not be written in time: it is not acknowledged."""


class Writer:
    """Group commits: whatever is in the queue becomes one transaction.

    A record handed in with :meth:`save` is acknowledged after the commit that holds it. While the
    database is away its batch is tried again, with longer and longer pauses, and the queue behind it
    fills up to its bound; from then on nothing more is taken.

    Parameters
    ----------
    connect : callable
        Opens the database, in the writer's thread.
    bound : int, default 20_000
        Records in the queue.
    gather : float, default 0.003
        Seconds a batch waits for company once somebody waits for it.
    leisure : float, default 0.02
        Seconds it waits while nobody does.
    patience : float, default 5
        Seconds :meth:`save` waits for the commit.
    """

    def __init__(
        self,
        connect: Callable[[], Events],
        *,
        bound: int = 20_000,
        gather: float = 0.003,
        leisure: float = 0.02,
        patience: float = 5.0,
    ) -> None:
        self.connect, self.bound, self.patience = connect, bound, patience
        self.gather, self.leisure = gather, leisure
        self.written = self.tries = self.lost = 0
        self.away = ""
        self._queue: deque[Pair] = deque()
        self._some, self._end, self._asked = (threading.Event() for _ in range(3))
        self._until = float("inf")
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Records in the queue."""
        return len(self._queue)

    def offer(self, record: Record | Line) -> None:
        """Hand in a record without waiting for it.

        Raises
        ------
        Full
            If the queue is full.
        """
        self._put(record, None)

    async def save(self, record: Record) -> None:
        """Hand in a record and wait until it is on the disk.

        Raises
        ------
        Full
            If the queue is full.
        Unsaved
            If the commit took too long; the record may still be written later.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(record, done)
        try:
            await asyncio.wait_for(done, self.patience)
        except TimeoutError as error:
            raise Unsaved(
                "the event is not stored: the database is away or slow; send it again"
            ) from error

    def _put(self, record: Record | Line, done: asyncio.Future[None] | None) -> None:
        if len(self._queue) >= self.bound or self._end.is_set():
            raise Full(f"{len(self._queue)} events wait to be written; try again later")
        self._queue.append((record, done))
        if done is not None and not self._asked.is_set():
            self._asked.set()
        if not self._some.is_set():
            self._some.set()

    def stop(self, grace: float = 10.0) -> int:
        """Write what is left, for so many seconds at most.

        Returns
        -------
        int
            Records that could not be written.
        """
        self._until = time.monotonic() + grace
        self._end.set()
        self._asked.set()
        self._some.set()
        self._thread.join(grace + 10)
        self.lost += len(self._queue)
        return self.lost

    def _run(self) -> None:
        events: Events | None = None
        while True:
            self._some.wait()
            if not self._end.is_set():
                self._asked.wait(self.leisure)
                time.sleep(self.gather)
                self._asked.clear()
            self._some.clear()
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), 2000))]
            if self._queue:
                self._some.set()
            if not batch:
                if self._end.is_set():
                    break
                continue
            events = self._written(events, batch)
            if events is None:
                self.lost += len(batch)
                break
            if self._end.is_set():
                self._some.set()
        if events is not None:
            events.close()

    def _written(self, events: Events | None, batch: Sequence[Pair]) -> Events | None:
        """The open database once the batch is committed; None where time ran out at the end."""
        pause = 0.05
        while True:
            try:
                events = events or self.connect()
                events.append([record for record, _ in batch])
            except Refused:
                if len(batch) > 1:
                    for pair in batch:
                        events = self._written(events, [pair])
                else:
                    self.lost += 1
                return events
            except Exception as error:
                self.tries += 1
                self.away = str(error) if isinstance(error, Away) else type(error).__name__
                if time.monotonic() + pause > self._until:
                    return None
                time.sleep(pause)
                pause = min(2 * pause, 1.0)
                continue
            self.away = ""
            self.written += len(batch)
            _tell([done for _, done in batch if done is not None])
            return events


def _tell(waiting: Sequence[asyncio.Future[None]]) -> None:
    """Wake all who wait for a commit, once per loop."""
    if waiting:
        loop = waiting[0].get_loop()
        if not loop.is_closed():
            loop.call_soon_threadsafe(_finish, waiting)


def _finish(waiting: Sequence[asyncio.Future[None]]) -> None:
    for done in waiting:
        if not done.done():
            done.set_result(None)
