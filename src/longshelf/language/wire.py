"""One request to a chat endpoint and what became of it; keys are cut out of all that comes back."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from longshelf.errors import missing_extra
from longshelf.language.endpoint import Address

__all__ = ["Late", "Refused", "Wire", "refused_part", "without"]

BUSY = frozenset({408, 409, 425, 429})
"""Statuses below 500 after which the same request may succeed."""
SHOWN = 300
"""Letters of a server's own words in an error."""
FEW_ODDS = 5
"""Rivals of a token that every endpoint with log-probabilities gives."""
SECRET = 8
"""Letters from which a key is one: shorter ones, such as ``none``, are given to open servers."""


class Late(Exception):
    """No answer this time.

    Parameters
    ----------
    why : str
    after : float
        Seconds the endpoint asked to wait.
    billed : bool
        The request may have been worked on, and paid for.
    """

    def __init__(self, why: str, after: float = 0.0, *, billed: bool = False) -> None:
        super().__init__(why)
        self.after = after
        self.billed = billed


class Refused(Exception):
    """The endpoint will not answer this request, however often it is asked.

    Parameters
    ----------
    status : int
    said : str
        The server's words.
    code : str
        The server's name for the reason, often empty.
    """

    def __init__(self, status: int, said: str, code: str) -> None:
        super().__init__(f"{status}: {said}")
        self.status = status
        self.said = said
        self.code = code


class Wire:
    """A connection to one endpoint, for any number of threads.

    Parameters
    ----------
    address : Address
    key : str
        Sent as a bearer token; empty for none.
    seconds : float
        How long to wait for an answer.
    """

    def __init__(self, address: Address, key: str, seconds: float) -> None:
        try:
            import httpx
        except ImportError as error:
            raise missing_extra("httpx", "llm", "chat endpoints") from error
        password = address.login[1] if address.login else ""
        self._secrets = [secret for secret in (key, password) if len(secret) >= SECRET]
        self._url = f"{address.url}/chat/completions"
        self._client = httpx.Client(
            auth=None if key else address.login,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(seconds, connect=min(seconds, 20.0), pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def post(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """The endpoint's answer as it stands.

        Raises
        ------
        Late, Refused
            If there is none.
        """
        import httpx

        try:
            reply = self._client.post(
                self._url,
                content=json.dumps(payload).encode(),
                headers={"Content-Type": "application/json"},
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Late(f"{self._url} cannot be reached: {self._clean(str(error))}") from None
        except httpx.TimeoutException:
            raise Late("the answer did not come in time", billed=True) from None
        except httpx.TransportError as error:
            raise Late(f"the connection broke: {self._clean(str(error))}", billed=True) from None
        text = self._clean(reply.content.decode("utf-8", "replace"))
        if reply.status_code in BUSY or reply.status_code >= 500:
            raise Late(
                f"{reply.status_code}: {_words(text)}", _wait(reply.headers.get("Retry-After", ""))
            )
        if reply.status_code != 200:
            raise Refused(reply.status_code, _words(text), _code(text))
        return _completion(text)

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _completion(text: str) -> Mapping[str, Any]:
    try:
        body: Mapping[str, Any] = json.loads(text)
        whole = isinstance(body["choices"][0]["message"], dict)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise Late(f"what came is no chat completion: {_words(text)}", billed=True)
    return body


def _error(text: str) -> Any:
    try:
        return json.loads(text)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _words(text: str) -> str:
    error = _error(text)
    said = error.get("message") if isinstance(error, dict) else error
    return " ".join(str(said or text).split())[:SHOWN] or "no reason given"


def _code(text: str) -> str:
    error = _error(text)
    return str(error.get("code") or "") if isinstance(error, dict) else ""


def _wait(said: str) -> float:
    """Seconds of a Retry-After header, which names them or a date."""
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(said).timestamp() - time.time()
        except (ValueError, TypeError):
            return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def refused_part(payload: Mapping[str, Any], said: str) -> str | None:
    """The part of a request that an endpoint refuses by name, or None.

    Examples
    --------
    >>> refused_part({"seed": 1, "temperature": 0}, "unknown field seed")
    'seed'
    >>> refused_part({"temperature": 0}, "too long") is None
    True
    """
    shape = payload.get("response_format", {}).get("type")
    shaped = "response_format" in said or "json_schema" in said
    present = {
        "max_tokens": "max_tokens" in payload and "max_tokens" in said,
        "json_schema": shape == "json_schema" and shaped,
        "response_format": shape == "json_object" and shaped,
        "top_logprobs": payload.get("top_logprobs", 0) > FEW_ODDS and "top_logprobs" in said,
        "logprobs": "logprobs" in payload and "logprobs" in said,
        "seed": "seed" in payload and "seed" in said,
        "temperature": "temperature" in payload and "temperature" in said,
    }
    return next((part for part, found in present.items() if found), None)


def without(payload: Mapping[str, Any], part: str) -> dict[str, Any]:
    """The same request in other words, or without that part.

    Examples
    --------
    >>> without({"max_tokens": 8}, "max_tokens")
    {'max_completion_tokens': 8}
    """
    left = dict(payload)
    if part == "max_tokens" and part in left:
        left["max_completion_tokens"] = left.pop(part)
    elif part == "json_schema" and "response_format" in left:
        left["response_format"] = {"type": "json_object"}
    elif part == "top_logprobs" and part in left:
        left[part] = FEW_ODDS
    elif part == "logprobs":
        left = {name: value for name, value in left.items() if "logprobs" not in name}
    else:
        left.pop(part, None)
    return left
