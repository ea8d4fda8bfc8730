"""How far an event loop is behind."""

from __future__ import annotations

import asyncio
import time

__all__ = ["Lag"]

TICK = 0.005


class Lag:
    """A tick that should come every 5 ms: when it does not, more is asked than can be answered.

    What waits in sockets and in the loop's queue waits as long as the tick does, so that one look at
    the clock tells a request how late it is before any work is done for it.

    Parameters
    ----------
    limit : float
        Seconds.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._last = float("inf")
        self._next: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to tick."""
        self._tick()

    def stop(self) -> None:
        """Tick no more."""
        if self._next is not None:
            self._next.cancel()

    def late(self) -> bool:
        """Whether the loop is further behind than the limit."""
        return time.perf_counter() - self._last > self.limit

    def _tick(self) -> None:
        self._last = time.perf_counter()
        self._next = asyncio.get_running_loop().call_later(TICK, self._tick)
