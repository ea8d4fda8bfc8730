"""Words and numbers as a reader meets them, in English and Chinese; rounding happens only here."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

from markupsafe import Markup, escape

__all__ = [
    "LANGUAGES",
    "Joined",
    "Language",
    "Name",
    "Number",
    "Part",
    "Phrase",
    "baseline_name",
    "chance",
    "clip",
    "decimals",
    "duration",
    "fixed",
    "label",
    "pair",
    "say",
    "show",
    "strings",
]

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
NAME_LENGTH = 120
"""Longest name shown, in characters; longer ones end in an ellipsis."""


@dataclass(frozen=True)
class Name:
    """A name from the user's data or suite: set apart, never trusted."""

    text: str


@dataclass(frozen=True)
class Number:
    """A number already rounded for reading."""

    text: str


@dataclass(frozen=True)
class Phrase:
    """A sentence by its key in ``strings.json``, with the parts that fill it."""

    key: str
    fields: Mapping[str, Part] = field(default_factory=dict)


@dataclass(frozen=True)
class Joined:
    """Parts in a row, with the separators named by their keys; ``last`` stands before the last."""

    parts: Sequence[Part]
    between: str = "list.comma"
    last: str = "list.and"


Part = str | Name | Number | Phrase | Joined


@cache
def strings() -> Mapping[str, Mapping[str, str]]:
    """Every string of the interface: key to language to text."""
    source = files("longshelf.report").joinpath("strings.json")
    loaded: Mapping[str, Mapping[str, str]] = json.loads(source.read_text(encoding="utf-8"))
    return loaded


def say(part: Part, language: Language) -> str:
    """Write a part as plain text.

    Examples
    --------
    >>> none = Phrase("verdict.none", {"where": Phrase("where.both"), "baseline": baseline_name("none")})
    >>> say(none, "en")
    'Overall and on the tail, no remedy can be told from plain training.'
    """
    if isinstance(part, str):
        return part
    if isinstance(part, Name | Number):
        return part.text
    if isinstance(part, Phrase):
        filled = {key: say(value, language) for key, value in part.fields.items()}
        return strings()[part.key][language].format(**filled)
    return _join([say(each, language) for each in part.parts], part, language)


def show(part: Part, language: Language) -> Markup:
    """Write a part as safe HTML: everything is escaped, names and numbers are set apart."""
    if isinstance(part, str):
        return escape(part)
    if isinstance(part, Name):
        return Markup('<b class="name"><bdi>{}</bdi></b>').format(part.text)
    if isinstance(part, Number):
        return Markup('<span class="n">{}</span>').format(part.text)
    if isinstance(part, Phrase):
        filled = {key: show(value, language) for key, value in part.fields.items()}
        return Markup(escape(strings()[part.key][language])).format(**filled)
    return Markup(_join([str(show(each, language)) for each in part.parts], part, language))


def _join(texts: list[str], joined: Joined, language: Language) -> str:
    between, last = strings()[joined.between][language], strings()[joined.last][language]
    if len(texts) < 2:
        return "".join(texts)
    return between.join(texts[:-1]) + last + texts[-1]


def label(kind: str, name: str) -> Part:
    """Translate a metric, decision, slice or axis where it is known; else show it as it is.

    Examples
    --------
    >>> say(label("metric", "macro_f1"), "zh"), say(label("slice", "women"), "zh")
    ('宏平均 F1', 'women')
    >>> say(label("metric", "hit_rate@10"), "zh")
    '命中率@10'
    """
    key = f"{kind}.{name}"
    bare = re.split(r"[@[]", name, maxsplit=1)[0]
    if key in strings():
        return Phrase(key)
    if bare != name and f"{kind}.{bare}" in strings():
        return Phrase(
            "metric.at", {"metric": Phrase(f"{kind}.{bare}"), "cut": clip(name[len(bare) :])}
        )
    return clip(name)


def baseline_name(name: str) -> Part:
    """Call ``none`` plain training; any other baseline keeps its own name."""
    return Phrase("baseline.plain") if name in {"none", ""} else Name(clip(name))


def clip(name: object, length: int = NAME_LENGTH) -> str:
    """Drop control characters and shorten a name that would flood the page.

    Examples
    --------
    >>> clip("a" * 9, 5)
    'aaaa…'
    """
    text = "".join(c if c.isprintable() or c == "\u200d" else " " for c in str(name)).strip()
    return text if len(text) <= length else text[: length - 1] + "…"


def decimals(sizes: Sequence[float | None]) -> int:
    """Choose how many decimals show numbers of these sizes: 3, up to 5 where all are small.

    Examples
    --------
    >>> decimals([0.062, 0.004]), decimals([0.0021, 0.0006])
    (3, 4)
    """
    finite = [abs(x) for x in sizes if x is not None and math.isfinite(x) and x != 0]
    if not finite:
        return 3
    most = max(finite)
    return 3 if most >= 0.004 else min(5, 1 - math.floor(math.log10(most)))


def fixed(value: float | None, places: int = 3, *, signed: bool = False) -> str:
    """Round for reading, with a true minus sign.

    Examples
    --------
    >>> fixed(-0.0621), fixed(0.0621, signed=True), fixed(None)
    ('−0.062', '+0.062', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{abs(value):.{places}f}"
    if float(text) == 0:
        return text
    return ("−" if value < 0 else "+" if signed else "") + text


def pair(low: float | None, high: float | None, places: int = 3) -> str:
    """Write an interval in brackets; empty where it is unknown."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    return f"[{fixed(low, places)}, {fixed(high, places)}]"


def chance(p: float | None) -> str:
    """Write a p-value; below a thousandth it is only said to be so.

    Examples
    --------
    >>> chance(0.0312), chance(0.00001)
    ('0.031', '<0.001')
    """
    if p is None or not math.isfinite(p):
        return ""
    return "<0.001" if p < 0.001 else fixed(p)


def duration(seconds: float) -> Phrase:
    """Write a time in the unit a person would use.

    Examples
    --------
    >>> say(duration(1.23), "en"), say(duration(200), "zh")
    ('1.2 s', '3.3 分钟')
    """
    for unit, size, limit in (("second", 1, 90), ("minute", 60, 5400), ("hour", 3600, math.inf)):
        if seconds < limit:
            amount = seconds / size
            return Phrase(f"unit.{unit}", {"n": Number(f"{amount:.{1 if amount < 10 else 0}f}")})
    raise ValueError(f"not a duration: {seconds}")
