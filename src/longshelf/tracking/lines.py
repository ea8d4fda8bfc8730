"""JSON lines in the run's own folder."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from longshelf.curves import Point
from longshelf.tracking.base import Diary, Home, Tracked, Tracker

__all__ = ["FOLDER", "Lines", "read_lines"]

FOLDER = "curves"
"""Inside the run's folder."""

PAUSE = 15.0
"""Seconds between two writes to an address that is no folder; into a folder each point is appended."""


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
        points = [line for line in read_lines(home.read(name) or b"") if "step" in line]
        return _Page(home, name, dict(cell.columns), points, self.after)


@dataclass
class _Page:
    home: Home
    name: str
    about: dict[str, Any]
    points: list[dict[str, Any]]
    after: float
    before: float = 0.0
    ended: dict[str, Any] = field(default_factory=dict)
    begun: float = field(default_factory=time.monotonic)
    heard: set[int] = field(default_factory=set)
    written: int = 0
    sent: float = -math.inf

    def log(self, point: Point) -> None:
        if point.training not in self.heard:
            self.points = [line for line in self.points if not _repeats(line, point)]
            if not self.heard:
                self.before = self._reached
            self.heard.add(point.training)
            self.written = 0
        passed = time.monotonic() - self.begun
        values = {name: _number(value) for name, value in point.values.items()}
        seconds = round(self.before + passed, 2)
        place = {"training": point.training, "step": point.step, "seconds": seconds}
        self.points.append(place | values)
        if passed >= self.after:
            self._write()

    def finish(self, status: str, values: Mapping[str, float]) -> None:
        lasted = max(self._reached, time.monotonic() - self.begun) >= self.after
        if self.points and lasted:
            final = {name: _number(value) for name, value in values.items()}
            self.ended = {"ended": status, "final": final}
            self._write()

    @property
    def _reached(self) -> float:
        """Seconds until the last point."""
        return self.points[-1]["seconds"] if self.points else 0.0

    def _write(self) -> None:
        lines = [self.about, *self.points, *([self.ended] if self.ended else [])]
        folder = self.home.local
        if folder is not None and self.written:
            with (folder / self.name).open("ab") as file:
                file.write(_encoded(lines[self.written :]))
        elif folder is not None or self.ended or time.monotonic() - self.sent >= PAUSE:
            self.home.put(self.name, _encoded(lines))
            self.sent = time.monotonic()
        self.written = len(lines)


def read_lines(content: bytes) -> list[dict[str, Any]]:
    """The whole lines of a file; the last one may be torn where its writer was killed."""
    whole, _, _ = content.rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines()]


def _encoded(lines: Sequence[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _repeats(line: Mapping[str, Any], first: Point) -> bool:
    """Whether a line is of the training that goes on, and not before where it does."""
    return bool(line["training"] == first.training and line["step"] >= first.step)


def _number(value: float) -> float | None:
    """What JSON can say: nothing in place of infinity and NaN."""
    return float(value) if math.isfinite(value) else None
