"""A stored row: one answer with all it showed, or one act; and the table readers get of them."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

__all__ = [
    "COLUMNS", "FIELDS", "KINDS", "Line", "Record", "exposure", "joined", "new_id", "settled", "told",
    "told_apart",
]  # fmt: skip

KINDS = ("impression", "click", "cart", "purchase")

COLUMNS = {
    "event": pl.String, "time": pl.Float64, "kind": pl.String, "request": pl.String,
    "user": pl.String, "item": pl.String, "position": pl.Int64, "slice": pl.String,
    "trial": pl.String, "arm": pl.String, "propensity": pl.Float64, "score": pl.Float64,
    "surface": pl.String, "group": pl.String,
}  # fmt: skip
"""What :meth:`Events.read` gives: a row per item shown or acted on."""

FIELDS = (
    "event", "time", "kind", "request", "person", "surface", "trial", "arm", "propensity", "grp",
    "items", "positions", "slices", "scores", "arms",
)  # fmt: skip
"""Columns as stored; ``user`` and ``group`` are words of SQL."""

_LISTS = ("items", "positions", "slices", "scores", "arms")
_LETTERS = {"head": "h", "torso": "o", "tail": "t", "": "-"}
_NAMES = {letter: name for name, letter in _LETTERS.items()}


_DRAWN = random.Random(os.urandom(32))
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: _DRAWN.seed(os.urandom(32)))


def new_id() -> str:
    """A UUID of version 7: ids made later sort later, so that indexes grow at one end.

    It tells events apart and is no secret.

    References
    ----------
    .. [1] RFC 9562, Universally Unique IDentifiers, section 5.7.

    Examples
    --------
    >>> len(new_id()), new_id()[14], new_id() != new_id()
    (36, '7', True)
    """
    drawn = _DRAWN.getrandbits(74)
    value = (time.time_ns() // 1_000_000 & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76 | (drawn >> 62) << 64 | 0x2 << 62 | drawn & ((1 << 62) - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One answer, or one act on an item.

    Parameters
    ----------
    event : str
        Written once: a second record of the same event is left out.
    time : float
        Seconds UTC.
    kind : str
        One of :data:`KINDS`.
    request : str
        The answer this belongs to.
    user : str
        A pseudonym, "" unknown.
    surface : {"recommend", "search", "related", ""}
    items, positions, slices, scores : sequences of equal length
        One entry for an act; position 0 and an empty slice are unknown.
    trial, arm : str, default ""
    propensity : float or None
        Probability of the arm.
    arms : sequence of str, default ()
        Of each item, where an answer is interleaved.
    group : str, default ""
    """

    event: str
    time: float
    kind: str
    request: str
    user: str
    surface: str
    items: Sequence[str]
    positions: Sequence[int]
    slices: Sequence[str]
    scores: Sequence[float | None]
    trial: str = ""
    arm: str = ""
    propensity: float | None = None
    arms: Sequence[str] = ()
    group: str = ""

    def row(self) -> tuple[Any, ...]:
        """Values in the order of :data:`FIELDS`, lists as JSON text."""
        return (
            self.event, self.time, self.kind, self.request, self.user, self.surface, self.trial,
            self.arm, self.propensity, self.group, _json(self.items), _json(self.positions),
            _letters(self.slices), _json(self.scores), _json(self.arms),
        )  # fmt: skip


@dataclass(slots=True)
class Line:
    """A row that is in its stored form already.

    Parameters
    ----------
    values : tuple
        In the order of :data:`FIELDS`, lists as JSON text.
    """

    values: tuple[Any, ...]

    def row(self) -> tuple[Any, ...]:
        """The values."""
        return self.values


def exposure(
    *, request: str, time: float, user: str, surface: str, trial: str, arm: str,
    propensity: float | None, group: str, items: bytes, positions: bytes, slices: Sequence[str],
    scores: bytes, arms: Sequence[str],
) -> Line:  # fmt: skip
    """The row of an answer whose lists are JSON already; what is what says :class:`Record`."""
    return Line(
        (
            request, time, "impression", request, user, surface, trial, arm, propensity, group,
            items.decode(), positions.decode(), _letters(slices), scores.decode(),
            _json(arms) if arms else "[]",
        )
    )  # fmt: skip


def _letters(slices: Sequence[str]) -> str:
    return "".join([_LETTERS[name] for name in slices])


def _json(values: Sequence[Any]) -> str:
    return orjson.dumps(values).decode()


def told(rows: Iterable[Sequence[Any]]) -> pl.DataFrame:
    """Stored rows as the table of :data:`COLUMNS`; an act takes from its impression what it lacks.

    Parameters
    ----------
    rows : iterable of sequences
        In the order of :data:`FIELDS`, lists as JSON text.
    """
    kinds = dict.fromkeys(FIELDS, pl.String) | {"time": pl.Float64, "propensity": pl.Float64}
    stored = pl.DataFrame(list(rows), schema=kinds, orient="row")
    inner = {
        "items": pl.String, "positions": pl.Int64, "scores": pl.Float64, "arms": pl.String,
    }  # fmt: skip
    lists = [pl.col(n).str.json_decode(pl.List(kind)).alias(n) for n, kind in inner.items()]
    wide = stored.with_columns(*lists, pl.col("slices").str.split(""))
    repeated = pl.col("arm").repeat_by(pl.col("items").list.len())
    own = pl.when(pl.col("arms").list.len() > 0).then("arms").otherwise(repeated)
    long = (
        wide.with_columns(own.alias("arms"))
        .explode(_LISTS)
        .with_columns(
            pl.col("slices").replace_strict(_NAMES, default="", return_dtype=pl.String),
            pl.col("propensity").fill_null(float("nan")),
            pl.col("scores").fill_null(float("nan")),
        )
    )
    several = pl.col("kind") == "impression"
    event = pl.when(several).then(pl.format("{}.{}", "event", "positions")).otherwise("event")
    named = {
        "user": "person", "item": "items", "position": "positions", "slice": "slices",
        "arm": "arms", "score": "scores", "group": "grp",
    }  # fmt: skip
    flat = long.with_columns(event.alias("event")).select(
        pl.col(named.get(name, name)).alias(name).cast(kind) for name, kind in COLUMNS.items()
    )
    return joined(flat)


SOON = 5.0
"""Seconds within which the list that an act answers may still be on its way to the database."""


def settled(
    rows: Sequence[Sequence[Any]], asked: Callable[[list[str]], list[Any]]
) -> tuple[list[Any], list[Any]]:
    """Rows, their number first, up to an act whose list is still on its way; and the other lists.

    Parameters
    ----------
    rows : sequence of sequences
        Number, then :data:`FIELDS`, in the order written.
    asked : callable
        Stored rows of exposures by the requests they belong to, in the order of :data:`FIELDS`.
    """
    event, kind, request, moment = (
        1 + FIELDS.index(n) for n in ("event", "kind", "request", "time")
    )
    here = {row[event] for row in rows if row[kind] == "impression"}
    acts = [row for row in rows if row[kind] != "impression" and row[request] not in here]
    lists = asked(sorted({row[request] for row in acts})) if acts else []
    there = {row[event - 1] for row in lists}
    fresh = time.time() - SOON
    open_ = next((r[0] for r in acts if r[request] not in there and r[moment] > fresh), None)
    return [row for row in rows if open_ is None or row[0] < open_], lists


def told_apart(
    rows: Sequence[Sequence[Any]], lists: Sequence[Sequence[Any]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """:func:`told` of new rows beside the other lists that they answer: events, lists."""
    before = told(lists).height
    table = told([*lists, *(row[1:] for row in rows)])
    return table[before:], table[:before]


def joined(flat: pl.DataFrame) -> pl.DataFrame:
    """Acts with position, trial, arm, propensity, score and surface of the impression they answer."""
    taken = ("position", "trial", "arm", "propensity", "score", "surface", "slice", "group")
    shown = (
        flat.filter(pl.col("kind") == "impression")
        .unique(["request", "item"], keep="first", maintain_order=True)
        .select("request", "item", *(pl.col(name).alias(f"shown {name}") for name in taken))
    )
    wide = flat.join(shown, on=["request", "item"], how="left", maintain_order="left")
    return wide.with_columns(
        pl.coalesce(f"shown {name}", name).alias(name) for name in taken
    ).select(list(COLUMNS))
