"""From a raw log to events: who, what, when; what cannot be read is dropped and counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from longshelf.errors import InputError
from longshelf.prepare.events.columns import UNITS, Columns

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

    from longshelf.prepare.events.engine import Engine

__all__ = ["Cleaned", "clean_events"]

_ISO = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$"
)
_DIGITS = "^[0-9]{1,18}$"
_FAR = 4e18
_GOOD = 99
_SIZES = ((100_000_000_000, "s"), (100_000_000_000_000, "ms"))


@dataclass(frozen=True)
class Cleaned:
    """What is left of a log, as an expression, and what is not.

    Parameters
    ----------
    events : table of user, item, time
        Ids as whole numbers or texts, time in microseconds since 1970.
    read, kept : int
        Rows before and after.
    why : dict
        Rows dropped by reason; a row counts for the first reason that holds.
    first, last : int
        The range of time kept, in microseconds.
    unit : str
        Of times that were numbers.
    """

    events: Table
    read: int
    kept: int
    why: dict[str, int]
    first: int
    last: int
    unit: str


def clean_events(engine: Engine, log: Table, columns: Columns) -> Cleaned:
    """Normalise ids and times, and drop rows that lack one or that are not asked for.

    Zero and times before 1970 are missing times.

    Raises
    ------
    InputError
        If a column is missing or of a type that cannot hold what it should, or nothing is left.
    """
    columns.check(log)
    unit = columns.unit if columns.unit != "auto" else _guessed(engine, log[columns.time])
    shown = log.select(
        user=_ident(log[columns.user], columns.user),
        item=_ident(log[columns.item], columns.item),
        time=_instant(engine, log[columns.time], columns.time, UNITS[unit]),
        **{f"only_{i}": log[name].cast("string") for i, name in enumerate(columns.only)},
    )
    reasons = _reasons(shown, columns)
    verdict = ibis.cases(*((fails, i) for i, fails in enumerate(reasons.values())), else_=_GOOD)
    judged = shown.select("time", verdict=verdict.cast("int32"))
    tallies = judged.group_by("verdict").agg(
        n=judged.count(), first=judged.time.min(), last=judged.time.max()
    )
    found = {int(row[0]): row[1:] for row in engine.rows(tallies)}
    read = sum(int(row[0]) for row in found.values())
    why = {reason: int(found[i][0]) for i, reason in enumerate(reasons) if i in found}
    if _GOOD not in found:
        raise InputError(f"none of {read} rows is an event that can be used: {why or 'no rows'}")
    kept, first, last = map(int, found[_GOOD])
    events = shown.filter(*(~fails for fails in reasons.values())).select("user", "item", "time")
    return Cleaned(events, read, kept, why, first, last, unit)


def _reasons(shown: Table, columns: Columns) -> dict[str, Value]:
    """Why a row is dropped, in the order in which it is asked."""
    reasons = {
        "no user": shown.user.isnull(),
        "no item": shown.item.isnull(),
        "no time": shown.time.isnull() | (shown.time <= 0),
    }
    if columns.first is not None:
        reasons[f"before {columns.since}"] = shown.time < columns.first
    if columns.last is not None:
        reasons[f"from {columns.until} on"] = shown.time >= columns.last
    for i, (name, values) in enumerate(columns.only.items()):
        shows = shown[f"only_{i}"]
        reasons[f"another {name}"] = shows.isnull() | ~shows.isin(list(values))
    return reasons


def _ident(column: Value, name: str) -> Value:
    kind = column.type()
    if kind.is_string():
        return column.strip().nullif("")
    if kind.is_integer():
        return column.try_cast("int64")
    if kind.is_floating():
        whole = column.try_cast("int64")
        return ibis.cases((whole.cast("float64") == column, whole))
    raise InputError(f"ids are texts or whole numbers; column {name!r} holds {kind}")


def _instant(engine: Engine, column: Value, name: str, factor: int) -> Value:
    kind = column.type()
    if kind.is_timestamp():
        return engine.micros(column)
    if kind.is_date():
        return engine.micros(column.cast("timestamp('UTC')"))
    if kind.is_integer():
        return column.try_cast("int64") * factor
    if kind.is_floating():
        near = ibis.cases((column.between(0, _FAR / factor), column))
        return (near * factor).round().cast("int64")
    if kind.is_string():
        text = column.strip().re_replace(" ?UTC$", "Z")
        stamp = ibis.cases((text.re_search(_ISO), text.try_cast("timestamp('UTC')")))
        return ibis.coalesce(engine.micros(stamp), _number(text) * factor)
    raise InputError(f"times are time stamps, ISO texts or numbers; column {name!r} holds {kind}")


def _number(text: Value) -> Value:
    return ibis.cases((text.re_search(_DIGITS), text.try_cast("int64")))


def _guessed(engine: Engine, column: Value) -> str:
    """Seconds reach into the year 5138 below the first bound, milliseconds below the second."""
    kind = column.type()
    if not (kind.is_integer() or kind.is_floating() or kind.is_string()):
        return "us"
    numbers: Any = _number(column.strip()) if kind.is_string() else column
    largest = engine.rows(numbers.max().name("largest").as_table())[0][0]
    return next((unit for bound, unit in _SIZES if largest is None or largest < bound), "us")
