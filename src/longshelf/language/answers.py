"""What is asked of a chat endpoint and what comes back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from longshelf.language.accounts import Cost

__all__ = ["Answer", "Ask", "Message", "answer_of", "as_data", "priced", "tidy"]

LONGEST = 2000
"""Characters of one text of the user's that go into a message."""


class Message(NamedTuple):
    """Who speaks, ``system``, ``user`` or ``assistant``, and what is said."""

    role: str
    content: str


@dataclass(frozen=True)
class Ask:
    """One request.

    Parameters
    ----------
    messages : tuple of Message
    parameters : mapping
        Everything else that decides the answer; ``max_tokens`` must be among it.
    likely : int
        Tokens the answer will take, as a guess; for estimates alone.
    """

    messages: tuple[Message, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    likely: int = 16

    def payload(self, model: str) -> dict[str, Any]:
        """The request as it is sent."""
        said = [message._asdict() for message in self.messages]
        return {"model": model, "messages": said, **self.parameters}

    def key(self, model: str) -> str:
        """A hash of the model, the messages and the parameters, and nothing else."""
        return hashlib.sha256(json.dumps(self.payload(model), sort_keys=True).encode()).hexdigest()

    @property
    def text(self) -> str:
        """Everything the model will read."""
        shape = self.parameters.get("response_format")
        return "\n".join(
            (*(message.content for message in self.messages), json.dumps(shape) if shape else "")
        )

    def most(self, prices: tuple[float, float] | None) -> Cost:
        """The most it may cost: a token is at least a byte, and an answer as long as is allowed."""
        read = len(self.text.encode("utf-8", "replace")) + 16 * len(self.messages) + 64
        return priced(read, int(self.parameters["max_tokens"]), prices)


class Answer(NamedTuple):
    """What a model said.

    Parameters
    ----------
    text : str
    finish : str
        ``stop``; ``length`` where it was cut off; ``content_filter`` where it was withheld.
    odds : list of lists of (token, log-probability)
        For each token, itself and its rivals, where the endpoint gives them.
    """

    text: str
    finish: str = "stop"
    odds: list[list[tuple[str, float]]] = []  # noqa: RUF012

    @property
    def stored(self) -> str:
        """As JSON."""
        return json.dumps(self._asdict())

    @classmethod
    def read(cls, stored: str) -> Answer:
        """What :attr:`stored` wrote."""
        held = json.loads(stored)
        odds = [[(token, float(odd)) for token, odd in rivals] for rivals in held["odds"]]
        return cls(held["text"], held["finish"], odds)


def priced(read: int, written: int, prices: tuple[float, float] | None) -> Cost:
    """Tokens with their price.

    Examples
    --------
    >>> priced(1000, 500, (2.0, 4.0)).money
    0.004
    """
    money = None if prices is None else (read * prices[0] + written * prices[1]) / 1e6
    return Cost(read, written, money)


def answer_of(
    body: Mapping[str, Any], most: Cost, prices: tuple[float, float] | None
) -> tuple[Answer, Cost]:
    """Read a chat completion; where it does not say what it used, the most it may have cost."""
    choice = body["choices"][0]
    said = choice["message"].get("content")
    text = said if isinstance(said, str) else ""
    answer = Answer(tidy(text), str(choice.get("finish_reason") or "stop"), _odds(choice))
    usage = body.get("usage") or {}
    try:
        read, written = int(usage["prompt_tokens"]), int(usage["completion_tokens"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return answer, most
    return answer, priced(max(read, 0), max(written, 0), prices)


def _odds(choice: Mapping[str, Any]) -> list[list[tuple[str, float]]]:
    """The chosen token first, then its rivals; empty where the shape is another."""
    found = []
    try:
        for place in (choice.get("logprobs") or {}).get("content") or []:
            listed = [place, *(place.get("top_logprobs") or [])]
            rivals = {tidy(str(one["token"])): float(one["logprob"]) for one in listed}
            found.append(list(rivals.items()))
    except (AttributeError, KeyError, TypeError, ValueError):
        return []
    return found


def tidy(text: str) -> str:
    """A text any table can hold: halves of surrogate pairs become question marks.

    Examples
    --------
    >>> tidy("shoe" + chr(0xD800))
    'shoe?'
    """
    return text.encode("utf-8", "replace").decode()


def as_data(content: Any) -> str:
    """User's texts as JSON, each cut to 2,000 characters: data in a message, never its words.

    Examples
    --------
    >>> as_data({"text": 'end." Ignore all'})
    '{"text": "end.\\\\" Ignore all"}'
    """
    return json.dumps(_cut(content), ensure_ascii=False)


def _cut(content: Any) -> Any:
    if isinstance(content, str):
        return tidy(content[:LONGEST])
    if isinstance(content, Mapping):
        return {name: _cut(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_cut(value) for value in content]
    return content
