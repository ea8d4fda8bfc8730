"""Answers of a promised shape: parsed as data, mended once, given up after that."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, NamedTuple, TypeVar

from longshelf.language.answers import Answer, Ask, Message
from longshelf.language.chat import ChatClient
from longshelf.language.spending import note

__all__ = ["JsonAsk", "asked", "parsed", "shape_of"]

T = TypeVar("T")

QUOTED = 4000
"""Characters of a wrong answer that are shown to its author."""


class JsonAsk(NamedTuple, Generic[T]):
    """A request, and what its answer must hold.

    Parameters
    ----------
    ask : Ask
    read : callable
        From the parsed JSON to what is wanted; raises ValueError with what is wrong.
    """

    ask: Ask
    read: Callable[[Any], T]


def shape_of(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The ``response_format`` of an object whose properties are all required."""
    schema = {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}


def parsed(text: str) -> Any:
    """The JSON object in a text: alone, between fences, or after thinking aloud.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> parsed('<think>{hm}</think> ```json {"a": [1]} ```')
    {'a': [1]}
    """
    text = text.rpartition("</think>")[2]
    start, end = text.find("{"), text.rfind("}")
    try:
        return json.loads(text[start : end + 1] if 0 <= start < end else text)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def asked(client: ChatClient, wanted: Sequence[JsonAsk[T]]) -> list[T | None]:
    """What was read from each answer; None where it was wrong twice, or withheld.

    A wrong answer is shown to its author once with what is wrong. Counts ``repaired`` and
    ``failed`` where :func:`~longshelf.language.spending.spending` listens.
    """
    found, wrong = dict[int, T](), dict[int, Ask]()
    first = client.answers([each.ask for each in wanted])
    for place, (answer, each) in enumerate(zip(first, wanted, strict=True)):
        if answer is None:
            continue
        try:
            found[place] = each.read(parsed(answer.text))
        except ValueError as error:
            if answer.finish != "content_filter":
                wrong[place] = _mended(each.ask, answer, error)
    second = client.answers(list(wrong.values()))
    for place, answer in zip(wrong, second, strict=True):
        try:
            found[place] = wanted[place].read(parsed(answer.text if answer else ""))
        except ValueError:
            continue
    repaired = len(wrong.keys() & found.keys())
    lost = sum(answer is not None for answer in first) - len(found)
    note(**{name: n for name, n in (("repaired", repaired), ("failed", lost)) if n})
    return [found.get(place) for place in range(len(wanted))]


def _mended(ask: Ask, answer: Answer, error: ValueError) -> Ask:
    complaint = (
        f"That cannot be used: {str(error)[:200]}. Answer again, with JSON of the asked shape only."
    )
    said = Message("assistant", answer.text[:QUOTED] or "…")
    return replace(ask, messages=(*ask.messages, said, Message("user", complaint)))
