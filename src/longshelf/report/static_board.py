"""The leaderboard and the small effect figures as they stand in the page before any script runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from longshelf.report.aggregate import Board, short
from longshelf.report.verdict import Effect
from longshelf.report.wording import chance, clip, decimals, fixed, pair

__all__ = ["Bar", "StaticRow", "forest", "reach", "static_rows"]

MARK_CLASS = {"+": "better", "−": "worse", "-": "worse", "~": "same", "?": "unsure"}
PLACE = ("dataset", "task", "features", "model")


@dataclass(frozen=True, kw_only=True)
class Bar:
    """An interval bar in a box 0–100 wide; ``None`` ends run out of the box."""

    at: float
    low: float
    high: float
    cut_low: bool
    cut_high: bool


@dataclass(frozen=True, kw_only=True)
class StaticRow:
    """One row of the leaderboard, rounded."""

    rank: str
    name: str
    kind: str
    tag: str
    value: str
    bar: Bar | None
    difference: str
    interval: str
    p: str
    mark: str
    mark_class: str
    against: str
    rival: str
    seconds: str
    asked: str
    seeds: str
    new_rank: bool


def static_rows(tables: Board, start: Mapping[str, Any], most: int = 60) -> list[StaticRow]:
    """Give the default leaderboard: the leading block, the primary metric, best rank first."""
    key = next(
        (
            i
            for i, k in enumerate(tables.keys)
            if all(getattr(k, n) == start[n] for n in ("metric", "decision", "axis", "slice"))
        ),
        None,
    )
    if key is None:
        return []
    chosen = [
        (arm, _as_embedded(tables.rows[i][key]))
        for i, arm in enumerate(tables.arms)
        if key in tables.rows[i] and all(getattr(arm, n) == start[n] for n in PLACE)
    ]
    turn = 1 if start["metric"] in tables.lower else -1
    chosen.sort(key=lambda pair_: (pair_[1].get("rank") or 10**6, turn * pair_[1]["value"]))
    chosen = chosen[:most]
    ends = [row.get(end) for _arm, row in chosen for end in ("difference", "low", "high")]
    half = reach([x for x in ends if x is not None])
    places = decimals([row["value"] for _arm, row in chosen])
    ranks = [row.get("rank") for _arm, row in chosen]
    return [
        _row(arm, row, half, places, new_rank=i > 0 and ranks[i] != ranks[i - 1])
        for i, (arm, row) in enumerate(chosen)
    ]


def _as_embedded(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the digits the script gets, so that both round alike."""
    numbers = ("value", "difference", "low", "high", "p_adjusted")
    return {**row, **{name: short(row.get(name)) for name in numbers}}


def reach(values: Sequence[float], keep: float = 0.9) -> float:
    """Half-width of a symmetric axis that shows most values; a few far ones run out of it.

    Examples
    --------
    >>> reach([0.02] * 9 + [-0.9])
    0.025
    """
    sizes = sorted(abs(x) for x in values)
    if not sizes or sizes[-1] == 0:
        return 1.0
    usual = 1.25 * sizes[int(keep * (len(sizes) - 1))]
    return usual if 0 < usual < sizes[-1] else 1.05 * sizes[-1]


def forest(effects: Sequence[Effect]) -> list[dict[str, Any]]:
    """Lay the effects of one arm on head, torso and tail out for drawing."""
    ends = [x for e in effects for x in (e.difference, e.low, e.high) if x is not None]
    half = reach(ends, keep=1.0)
    places = decimals([e.difference for e in effects])
    return [
        {
            "slice": e.slice,
            "bar": _bar(e.difference, e.low, e.high, half),
            "mark_class": MARK_CLASS.get(e.mark, "unsure"),
            "shown": fixed(e.difference, places, signed=True),
        }
        for e in effects
    ]


def _row(
    arm: Any, row: Mapping[str, Any], half: float, places: int, *, new_rank: bool
) -> StaticRow:
    difference, low, high = row.get("difference"), row.get("low"), row.get("high")
    mark = row.get("verdict") or ""
    against = row.get("against_rival") or ""
    return StaticRow(
        rank="" if row.get("rank") is None else str(row["rank"]),
        name=clip(arm.model if arm.trivial else arm.strategy),
        kind="baseline" if arm.baseline else "trivial" if arm.trivial else "",
        tag="plain" if arm.baseline else "alone" if arm.alone else "trivial" if arm.trivial else "",
        value=fixed(row["value"], places),
        bar=None if difference is None else _bar(difference, low, high, half),
        difference=fixed(difference, places, signed=True),
        interval=pair(low, high, places),
        p=chance(row.get("p_adjusted")),
        mark=mark,
        mark_class=MARK_CLASS.get(mark, ""),
        against=against if against in {"below", "not above", "above"} else "",
        rival=clip(row.get("rival") or ""),
        seconds="" if arm.seconds is None else f"{arm.seconds:,.1f}",
        asked=arm.asked,
        seeds=str(row.get("seeds") or ""),
        new_rank=new_rank,
    )


def _bar(difference: float, low: float | None, high: float | None, half: float) -> Bar:
    def place(x: float) -> float:
        return round(50 + 48 * max(-1.0, min(1.0, x / half)), 2)

    low = difference if low is None else low
    high = difference if high is None else high
    return Bar(
        at=place(difference),
        low=place(low),
        high=place(high),
        cut_low=low < -half,
        cut_high=high > half,
    )
