"""Curves read back from a run's folder."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol

from longshelf.tracking.base import Home
from longshelf.tracking.lines import FOLDER, read_lines

__all__ = ["Course", "courses", "read_course", "under_way"]

BESIDE = ("training", "step", "seconds", "rate", "epoch")
"""What a point holds besides the values it is drawn for."""

LOST = 900.0
"""Seconds without a point after which a fit is taken for dead."""


class Shelf(Home, Protocol):
    """A home whose files can be listed."""

    def names(self, folder: str) -> list[str]:
        """The files in a folder."""
        ...


@dataclass(frozen=True)
class Course:
    """How one fit went.

    Parameters
    ----------
    about : mapping
        The columns of the cell that was fitted.
    points : sequence of mapping
        training, step, seconds, and what was told there.
    ended : str
        ``done`` or ``failed``; empty while it is under way, or where its process is gone.
    final : mapping of name to float
        The primary metric by slice.
    """

    about: Mapping[str, Any]
    points: Sequence[Mapping[str, Any]]
    ended: str
    final: Mapping[str, float]

    @property
    def name(self) -> str:
        """The cell."""
        return str(self.about["cell"])

    @property
    def last(self) -> dict[str, float]:
        """The newest value of everything that was told."""
        newest: dict[str, float] = {}
        for point in self.points:
            newest |= {name: value for name, value in point.items() if value is not None}
        return newest

    @property
    def told(self) -> list[str]:
        """What can be drawn, in the order it was first told."""
        names = dict.fromkeys(name for point in self.points for name in point)
        return [name for name in names if name not in BESIDE]

    def series(self, name: str) -> tuple[list[int], list[float]]:
        """Steps and values of one curve; the trainings of a fit follow one another."""
        steps, values = [], []
        before = reached = number = 0
        for point in self.points:
            if point["training"] != number:
                number, before = point["training"], reached
            reached = max(reached, before + point["step"])
            if point.get(name) is not None:
                steps.append(before + point["step"])
                values.append(float(point[name]))
        return steps, values

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **self.about, "ended": self.ended, "points": list(self.points),
            "final": dict(self.final),
        }  # fmt: skip


def read_course(content: bytes) -> Course | None:
    """A file of :class:`~longshelf.tracking.Lines`; None where it holds nothing yet."""
    lines = read_lines(content)
    if not lines:
        return None
    end: dict[str, Any] = lines[-1] if "ended" in lines[-1] else {"ended": "", "final": {}}
    points = sorted(
        (line for line in lines[1:] if "step" in line),
        key=lambda point: (point["training"], point["step"]),
    )
    return Course(lines[0], points, end["ended"], end["final"])


def courses(home: Shelf, pattern: str = "*") -> Iterator[Course]:
    """The curves of a run, by the name of their cells.

    Parameters
    ----------
    home : Shelf
        A store.
    pattern : str, default "*"
        A part of the cell's name, in either case, ``*`` for anything.
    """
    found = (read_course(home.read(name) or b"") for name in home.names(FOLDER))
    wanted = f"*{pattern.lower()}*"
    named = [one for one in found if one is not None and fnmatchcase(one.name.lower(), wanted)]
    yield from sorted(named, key=lambda one: one.name)


def under_way(folder: Path, since: float) -> list[Course]:
    """The fits of a run's folder that are learning now, the newest first.

    Parameters
    ----------
    folder : Path
        Of the run.
    since : float, seconds since the epoch
        When the run began: what was left open before is not under way.
    """
    since = max(since, time.time() - LOST)
    found = []
    for file in (folder / FOLDER).glob("*.jsonl"):
        changed = file.stat().st_mtime
        if changed >= since:
            course = read_course(file.read_bytes())
            if course is not None and course.points and not course.ended:
                found.append((changed, course))
    return [course for _, course in sorted(found, key=lambda pair: -pair[0])]
