"""The door: keys, limits and documents before any endpoint, in plain ASGI.

Endpoints that take a document are answered here, without a framework between the socket and the
service; the rest goes to the FastAPI application, which also says what all of them look like.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError

from longshelf.serving.endpoints import ENDPOINTS, Endpoint
from longshelf.serving.lag import Lag
from longshelf.serving.problems import Problem
from longshelf.serving.service import Service

__all__ = ["Front"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOG = logging.getLogger("longshelf.serving")
OPEN = frozenset({"/", "/health", "/ready", "/openapi.json", "/storefront.css", "/storefront.js"})
"""Paths without a key: they tell nothing of users or goods."""

SLOW_BODY = 5.0
CROWD = 2000
JSON = [(b"content-type", b"application/json")]


class Gone(Exception):
    """The caller went away before the request was whole."""


class Front:
    """The ASGI application of one worker.

    Parameters
    ----------
    service : Service
    rest : ASGI application
        Answers what takes no document.
    """

    def __init__(self, service: Service, rest: App) -> None:
        self.service, self.rest = service, rest
        self.lag = Lag(service.config.late)
        self.inside = 0
        self.handlers = {path: getattr(service, one.name) for path, one in ENDPOINTS.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.service.start()
        except Exception as error:
            LOG.error("the service cannot start: %s", error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        gc.collect()
        gc.freeze()
        self.lag.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.lag.stop()
        await self.service.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        path, endpoint = scope["path"], ENDPOINTS.get(scope["path"])
        name = endpoint.name if endpoint else (path[1:] if path in OPEN else "other")
        status = 200
        self.inside += 1
        try:
            headers = dict(scope["headers"])
            self._admit(scope, path, headers, endpoint)
            if endpoint is None:
                status = await self._other(scope, receive, send)
                return
            body = await _body(receive, headers, self.service.config.largest)
            told = await self.handlers[path](_read(endpoint, body))
            await _answer(send, 200, told if isinstance(told, bytes) else _written(told), JSON)
        except Problem as problem:
            status = problem.status
            await _answer(send, status, problem.body(), problem.headers())
        except Gone:
            status = 499
        except Exception as error:
            status = 500
            LOG.error("%s failed: %s at %s", name, type(error).__name__, _where(error))
            failed = Problem(status, "the service failed; it is written in its log")
            await _answer(send, status, failed.body(), failed.headers())
        finally:
            self.inside -= 1
            self.service.meters.answered(name or "storefront", status, time.perf_counter() - began)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Let the rest answer; its status."""
        status = 500

        async def noted(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self.rest(scope, receive, noted)
        return status

    def _admit(
        self, scope: Scope, path: str, headers: Mapping[bytes, bytes], endpoint: Endpoint | None
    ) -> None:
        """Turn away whom there is no time for, who has no key, or who asks too often."""
        service = self.service
        if endpoint is not None and endpoint.light and self.lag.late():
            service.meters.shed.labels("late").inc()
            raise Problem(503, "more is asked than can be answered", retry=1.0)
        if self.inside > CROWD:
            service.meters.shed.labels("crowd").inc()
            raise Problem(503, "too many requests are open", retry=1.0)
        if path not in OPEN:
            address = scope["client"][0] if scope.get("client") else ""
            caller = service.access.caller(_key(headers), address)
            if caller is None:
                raise Problem(401, "give an API key: Authorization: Bearer KEY, or X-API-Key: KEY")
            if wait := service.access.wait(caller):
                service.meters.shed.labels("rate").inc()
                raise Problem(429, "this caller asks too often", retry=wait)
        if endpoint is not None and scope["method"] != "POST":
            raise NotPost(endpoint)
        if endpoint is not None and not _is_json(headers):
            raise Problem(415, "send a document of type application/json")


class NotPost(Problem):
    """A document must be posted."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(405, f"POST a document to /{endpoint.name}")

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What is allowed."""
        return [*super().headers(), (b"allow", b"POST")]


def _key(headers: Mapping[bytes, bytes]) -> str:
    given = headers.get(b"x-api-key")
    if given is None:
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        given = given if scheme.lower() == b"bearer" else b""
    return given.decode("latin-1").strip()


def _is_json(headers: Mapping[bytes, bytes]) -> bool:
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    return kind == b"application/json"


async def _body(receive: Receive, headers: Mapping[bytes, bytes], largest: int) -> bytes:
    """The whole body, if it is not too large and comes in time."""
    stated = headers.get(b"content-length", b"0")
    if len(stated) > 12 or int(stated) > largest:
        raise Problem(413, f"a document may have {largest} bytes")
    parts, size = [], 0
    try:
        async with asyncio.timeout(SLOW_BODY):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > largest:
                    raise Problem(413, f"a document may have {largest} bytes")
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise Problem(408, "the document did not come in time") from None


def _read(endpoint: Endpoint, body: bytes) -> BaseModel:
    """The document, checked; what is wrong is said without repeating what was sent."""
    try:
        return endpoint.asked.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        if found[0]["type"] == "json_invalid":
            raise Problem(400, "the document is not JSON") from None
        wrong = [{"where": _place(one["loc"], one["type"]), "what": one["msg"]} for one in found]
        raise Problem(422, "the document does not fit", errors=wrong[:10]) from None


def _written(told: BaseModel | dict[str, Any]) -> bytes:
    return orjson.dumps(told.model_dump(mode="json") if isinstance(told, BaseModel) else told)


def _place(parts: tuple[int | str, ...], kind: str) -> str:
    shown = parts[:-1] if kind == "extra_forbidden" else parts
    return ".".join(str(part) for part in shown)


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


def _where(error: BaseException) -> str:
    """Where it happened, without the message: that may hold a user's text."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
