"""Open-loop load over HTTP: requests leave when they are due, whether or not answers came.

A closed loop waits for an answer before it asks again, so a slow server is asked less and looks
better than it is. Here arrivals are a Poisson stream of a stated rate and the clock of a request
starts when it is due, so waiting for a free connection counts.
"""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

__all__ = ["Outcome", "load", "post"]

NONE = 0
"""Status of a request that got no answer."""


def post(path: str, body: bytes, key: str = "") -> bytes:
    """One HTTP/1.1 request on a connection that stays open."""
    said = f"X-API-Key: {key}\r\n" if key else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{said}"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass
class Outcome:
    """What became of every request.

    Parameters
    ----------
    rate : float
        Requests asked for a second.
    due, sent, ended : list of float
        Seconds since the start; a request is sent once a connection is free.
    status : list of int
        0 where no answer came.
    """

    rate: float
    due: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    status: list[int] = field(default_factory=list)

    def counted(self) -> dict[int, int]:
        """Requests by status."""
        return {int(s): int(n) for s, n in zip(*np.unique(self.status, return_counts=True))}

    @property
    def answered(self) -> float:
        """Answers of status 200 a second, until the last of them."""
        good = np.array(self.status) == 200
        return float(good.sum() / np.array(self.ended)[good].max()) if good.any() else 0.0

    def milliseconds(self, *shares: float, status: int = 200, since: str = "due") -> list[float]:
        """Quantiles of the time from due, or from sent, to answered."""
        begun = np.array(self.due if since == "due" else self.sent)
        took = 1000 * (np.array(self.ended) - begun)[np.array(self.status) == status]
        return (
            [float(q) for q in np.quantile(took, shares)] if len(took) else [np.nan] * len(shares)
        )

    def reached(self) -> str:
        """What the generator could send, and what became of that from then on."""
        sent = np.array(self.sent)
        p50, p99 = self.milliseconds(0.5, 0.99, since="sent")
        away = self.milliseconds(0.99, status=503, since="sent")[0]
        rate = np.count_nonzero(~np.isnan(sent)) / np.nanmax(sent)
        return (
            f"{rate:.0f} sent a second; from then to the answer p50 {p50:.1f}, p99 {p99:.1f} ms, "
            f"to being turned away p99 {away:.1f} ms"
        )

    def line(self) -> str:
        """For a table."""
        p50, p95, p99, p999 = self.milliseconds(0.5, 0.95, 0.99, 0.999)
        others = {s: n for s, n in self.counted().items() if s != 200}
        return (
            f"{self.rate:8.0f} asked/s {self.answered:8.0f} answered/s   p50 {p50:7.2f}  "
            f"p95 {p95:7.2f}  p99 {p99:7.2f}  p99.9 {p999:7.2f} ms   other {others or 'none'}"
        )


class _Connection(asyncio.Protocol):
    """One request at a time; reads just enough of HTTP to find where an answer ends."""

    def __init__(self, pool: _Pool) -> None:
        self.pool, self.held, self.missing = pool, b"", -1
        self.number, self.status = -1, NONE

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def ask(self, number: int, request: bytes) -> None:
        self.number = number
        self.transport.write(request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if self.missing < 0:
            self.held += data
            end = self.held.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.held[:end].lower()
            at = head.index(b"content-length:") + 15
            size = int(head[at : head.find(b"\r", at) if head.find(b"\r", at) > 0 else None])
            self.status, self.missing = int(head[9:12]), size - (len(self.held) - end - 4)
            self.held = b""
        else:
            self.missing -= len(data)
        if self.missing <= 0:
            self.missing, number, self.number = -1, self.number, -1
            self.pool.ended(self, number, self.status)

    def connection_lost(self, exc: Exception | None) -> None:
        self.pool.lost(self)


class _Pool:
    def __init__(self, outcome: Outcome, begun: float, requests: Callable[[int], bytes]) -> None:
        self.outcome, self.begun, self.requests = outcome, begun, requests
        self.idle: deque[_Connection] = deque()
        self.waiting: deque[int] = deque()
        self.clock = asyncio.get_running_loop().time
        self.open = 0

    def due(self, number: int) -> None:
        if self.idle:
            self.send(self.idle.popleft(), number)
        else:
            self.waiting.append(number)

    def send(self, connection: _Connection, number: int) -> None:
        self.outcome.sent[number] = self.clock() - self.begun
        connection.ask(number, self.requests(number))

    def ended(self, connection: _Connection, number: int, status: int) -> None:
        self.outcome.ended[number] = self.clock() - self.begun
        self.outcome.status[number] = status
        if self.waiting:
            self.send(connection, self.waiting.popleft())
        else:
            self.idle.append(connection)

    def lost(self, connection: _Connection) -> None:
        self.open -= 1
        if connection in self.idle:
            self.idle.remove(connection)
        if connection.number >= 0:
            self.outcome.ended[connection.number] = self.clock() - self.begun


async def _run(
    port: int, rate: float, seconds: float, requests: Callable[[int], bytes], connections: int,
    patience: float, seed: int,
) -> Outcome:  # fmt: skip
    loop = asyncio.get_running_loop()
    gaps = np.random.default_rng(seed).exponential(1 / rate, int(rate * seconds * 1.2) + 10)
    due = np.cumsum(gaps)
    due = due[due < seconds]
    never = [np.nan] * len(due)
    outcome = Outcome(rate, due.tolist(), never[:], never, [NONE] * len(due))
    pool = _Pool(outcome, loop.time() + 0.2, requests)
    for _ in range(connections):
        _, made = await loop.create_connection(lambda: _Connection(pool), "127.0.0.1", port)
        pool.idle.append(made)
    pool.open = connections
    pool.begun = loop.time() + 0.05
    at = 0
    while at < len(due):
        now = loop.time() - pool.begun
        while at < len(due) and due[at] <= now:
            pool.due(at)
            at += 1
        if at < len(due):
            await asyncio.sleep(max(0.0, due[at] - (loop.time() - pool.begun)))
    last = loop.time() + patience
    while loop.time() < last and pool.open and (len(pool.idle) < pool.open or pool.waiting):
        await asyncio.sleep(0.02)
    for number, ended in enumerate(outcome.ended):
        if np.isnan(ended):
            outcome.ended[number] = loop.time() - pool.begun
    for connection in list(pool.idle):
        connection.transport.close()
    return outcome


def load(
    port: int,
    rate: float,
    seconds: float,
    requests: Callable[[int], bytes],
    *,
    connections: int = 64,
    patience: float = 10.0,
    seed: int = 0,
) -> Outcome:
    """Ask a server on this machine for so many seconds.

    Parameters
    ----------
    port : int
        Of the server.
    rate : float
        Requests a second.
    seconds : float
        How long requests are due.
    requests : callable
        From the number of a request to its bytes.
    connections : int, default 64
        Kept open; requests due while all are busy wait, and their clock runs.
    patience : float, default 10
        Seconds to wait for the last answers.
    seed : int, default 0
        Of the arrivals.
    """
    import uvloop

    gc.collect()
    gc.freeze()
    return uvloop.run(_run(port, rate, seconds, requests, connections, patience, seed))
