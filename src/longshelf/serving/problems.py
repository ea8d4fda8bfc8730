"""Errors as RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson

__all__ = ["Problem"]


class Problem(Exception):
    """Something to tell the caller instead of an answer.

    Parameters
    ----------
    status : int
    detail : str
        A sentence; holds nothing of the request's text.
    retry : float or None
        Seconds after which to ask again.
    more : mapping
        Further members.
    """

    def __init__(self, status: int, detail: str, retry: float | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail, self.retry, self.more = status, detail, retry, more

    def body(self) -> bytes:
        """The JSON document."""
        title = HTTPStatus(self.status).phrase
        said = {"type": "about:blank", "title": title, "status": self.status}
        return orjson.dumps(said | {"detail": self.detail} | self.more)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Content type, and when to ask again."""
        found = [(b"content-type", b"application/problem+json")]
        if self.retry is not None:
            found.append((b"retry-after", str(max(1, round(self.retry + 0.5))).encode()))
        if self.status == HTTPStatus.UNAUTHORIZED:
            found.append((b"www-authenticate", b"Bearer"))
        return found
