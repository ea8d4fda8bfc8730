"""Work of many requests done at once by one thread."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from longshelf.errors import Unavailable

__all__ = ["Batcher", "Busy"]

T = TypeVar("T")
R = TypeVar("R")


class Busy(Unavailable):
    """The queue is full: nothing was taken."""


class Batcher(Generic[T, R]):
    """A bounded queue and a thread that takes whatever has gathered while it worked.

    Nobody waits for company: a lone piece is worked at once, and under load batches grow by
    themselves. A piece whose caller has gone is left out.

    Parameters
    ----------
    work : callable
        A list of pieces to as many results.
    most : int, default 16
        Pieces in a batch.
    bound : int, default 64
        Pieces in the queue.
    name : str
        Of the thread.
    """

    def __init__(
        self, work: Callable[[list[T]], Sequence[R]], *, most: int = 16, bound: int = 64, name: str
    ) -> None:
        self.work, self.most, self.bound = work, most, bound
        self._queue: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._some = threading.Semaphore(0)
        self._ended = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def ask(self, piece: T, patience: float) -> R:
        """The result for a piece.

        Raises
        ------
        Busy
            If the queue is full.
        TimeoutError
            If it took longer than ``patience`` seconds.
        """
        if len(self._queue) >= self.bound or self._ended:
            raise Busy("too much is asked at once; try again later")
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.append((piece, done))
        self._some.release()
        return await asyncio.wait_for(done, patience)

    def close(self) -> None:
        """End the thread once it is idle."""
        self._ended = True
        self._some.release()

    def _run(self) -> None:
        while True:
            self._some.acquire()
            batch: list[tuple[T, asyncio.Future[R]]] = []
            while self._queue and len(batch) < self.most:
                pair = self._queue.popleft()
                if not pair[1].done():
                    batch.append(pair)
            if batch:
                self._work(batch)
            elif self._ended:
                return

    def _work(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        result: Any
        try:
            result = self.work([piece for piece, _ in batch])
        except Exception as error:
            result = error
        loop = batch[0][1].get_loop()
        if not loop.is_closed():
            loop.call_soon_threadsafe(_finish, [done for _, done in batch], result)


def _finish(waiting: Sequence[asyncio.Future[Any]], result: Any) -> None:
    for at, done in enumerate(waiting):
        if done.done():
            continue
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result[at])
