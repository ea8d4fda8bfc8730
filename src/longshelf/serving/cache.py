"""Answers kept for a while, in this process or in Redis.

An answer is a function of what its key is made of: the artifact, the settings, the wish, and all that
the user did. An act or another artifact makes another key, so that nothing stale can be found, and
nothing has to be thrown away in time.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from typing import Any, Protocol

from longshelf.errors import InputError, missing_extra

__all__ = ["Cache", "Local", "Shared", "open_cache"]


class Cache(Protocol):
    """Where answers are kept."""

    hits: int
    misses: int

    async def get(self, key: str) -> bytes | None:
        """What is kept under a key; None where nothing is, or the cache is gone."""
        ...

    async def put(self, key: str, value: bytes) -> None:
        """Keep an answer, if possible."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


class Local:
    """The last answers, in this process.

    Parameters
    ----------
    size : int, default 10_000
    """

    def __init__(self, size: int = 10_000) -> None:
        self.size, self.hits, self.misses = size, 0, 0
        self._held: OrderedDict[str, bytes] = OrderedDict()

    async def get(self, key: str) -> bytes | None:
        """What is kept under a key."""
        found = self._held.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self._held.move_to_end(key)
        return found

    async def put(self, key: str, value: bytes) -> None:
        """Keep an answer; the one not asked for longest goes."""
        self._held[key] = value
        if len(self._held) > self.size:
            self._held.popitem(last=False)

    async def close(self) -> None:
        """Nothing is held open."""


class Shared:
    """Answers in Redis; while it is gone the service answers without, and asks again later.

    Parameters
    ----------
    address : str
        ``redis://host:port/0``.
    keep : int, default 300
        Seconds.
    patience : float, default 0.05
        Seconds to wait for Redis.
    rest : float, default 2
        Seconds to leave it alone after it failed.
    """

    def __init__(
        self, address: str, keep: int = 300, patience: float = 0.05, rest: float = 2.0
    ) -> None:
        try:
            from redis import RedisError, asyncio
        except ImportError as error:
            raise missing_extra("redis", "redis", "a shared cache") from error
        self.hits = self.misses = self.failures = 0
        self.keep, self.rest = keep, rest
        self._gone = (RedisError, OSError, TimeoutError)
        self._until = 0.0
        self._redis: Any = asyncio.from_url(
            address, socket_timeout=patience, socket_connect_timeout=patience
        )

    async def get(self, key: str) -> bytes | None:
        """What is kept under a key; None as well where Redis is gone."""
        found = await self._ask("get", _short(key))
        self.hits += found is not None
        self.misses += found is None
        return bytes(found) if found is not None else None

    async def put(self, key: str, value: bytes) -> None:
        """Keep an answer, if Redis is there."""
        await self._ask("set", _short(key), value, ex=self.keep)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._redis.aclose()

    async def _ask(self, what: str, *values: Any, **named: Any) -> Any:
        if time.monotonic() < self._until:
            return None
        try:
            return await getattr(self._redis, what)(*values, **named)
        except self._gone:
            self.failures += 1
            self._until = time.monotonic() + self.rest
            return None


def _short(key: str) -> str:
    return "longshelf:" + hashlib.blake2b(key.encode(), digest_size=20).hexdigest()


def open_cache(address: str) -> Cache | None:
    """A cache by its address: "" in process, "off" none, ``redis://…`` shared.

    Raises
    ------
    InputError
        If the address is of another kind.
    """
    if address == "off":
        return None
    if not address:
        return Local()
    if address.startswith(("redis://", "rediss://", "unix://")):
        return Shared(address)
    raise InputError(f"a cache is off, or at redis://host:port/0; got {address!r}")
