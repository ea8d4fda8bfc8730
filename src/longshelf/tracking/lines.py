"""JSON lines in the run's own folder."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from longshelf.curves import Point
from longshelf.tracking.base import Diary, Home, Tracked, Tracker

__all__ = ["FOLDER", "Lines"]

FOLDER = "curves"
"""Inside the run's folder."""

PAUSE = {True: 1.0, False: 15.0}
"""Seconds between two writes, into a folder and to an address elsewhere."""


@dataclass(frozen=True, kw_only=True)
class Lines(Tracker):
    """``curves/KEY.jsonl`` in the run's folder, which ``longshelf curves`` draws; always on.

    The first line names the cell, each later one is a point, the last one says how it ended. Where
    a killed training goes on, the points it repeats are replaced.

    Parameters
    ----------
    after : float, seconds, default 3
        What a fit must last to be written; ``lines(after=0)`` writes them all.

    Examples
    --------
    >>> Lines(after=0)
    Lines(after=0)
    """

    abstract: ClassVar[bool] = False

    after: float = 3.0

    def begin(self, home: Home, cell: Tracked) -> Diary:
        name = f"{FOLDER}/{cell.key}.jsonl"
        kept = [json.loads(line) for line in (home.read(name) or b"").splitlines()]
        points = [line for line in kept if "step" in line]
        before = points[-1]["seconds"] if points else 0.0
        return _Page(home, name, dict(cell.columns), points, before, self.after)


@dataclass
class _Page:
    home: Home
    name: str
    about: dict[str, Any]
    points: list[dict[str, Any]]
    before: float
    after: float
    ended: dict[str, Any] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)
    written: float = -math.inf
    heard: set[int] = field(default_factory=set)

    def log(self, point: Point) -> None:
        if point.training not in self.heard:
            self.heard.add(point.training)
            self.points = [line for line in self.points if not _repeats(line, point)]
        passed = time.monotonic() - self.begun
        values = {name: _number(value) for name, value in point.values.items()}
        seconds = round(self.before + passed, 2)
        place = {"training": point.training, "step": point.step, "seconds": seconds}
        self.points.append(place | values)
        pause = PAUSE[self.home.local is not None]
        if passed >= self.after and time.monotonic() - self.written >= pause:
            self._write()

    def finish(self, status: str, values: Mapping[str, float]) -> None:
        lasted = self.before + time.monotonic() - self.begun >= self.after
        if self.points and lasted:
            final = {name: _number(value) for name, value in values.items()}
            self.ended = {"ended": status, "final": final}
            self._write()

    def _write(self) -> None:
        lines = [self.about, *self.points, *([self.ended] if self.ended else [])]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        self.home.put(self.name, text.encode())
        self.written = time.monotonic()


def _repeats(line: Mapping[str, Any], first: Point) -> bool:
    """Whether a line is of the training that goes on, and not before where it does."""
    return bool(line["training"] == first.training and line["step"] >= first.step)


def _number(value: float) -> float | None:
    """What JSON can say: nothing in place of infinity and NaN."""
    return float(value) if math.isfinite(value) else None
