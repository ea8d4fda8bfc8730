"""Progress of a run: a live line for a person, silence for a program."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from longshelf.experiment.run import Progress
    from longshelf.experiment.work import Report
    from longshelf.tracking.course import Course

__all__ = ["Live"]

MOST = 4
"""Fits under way that are shown."""


class Live:
    """Shows cells done, failed and left, the time left, the best arm on the tail, and fits under way.

    Parameters
    ----------
    title : str
    folder : Path or None
        Where the run is stored: its workers, other processes, write the curves of their fits there.
    """

    def __init__(self, title: str, folder: Path | None = None) -> None:
        self.title, self.folder = title, folder
        self._line = "reading data"
        self._fits: list[str] = []
        self._began, self._looked = time.time(), 0.0
        self._status: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status(self)
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()
        if kind is KeyboardInterrupt:
            sys.stderr.write("stopped; what is done is kept: run the same command again to go on\n")

    def __call__(self, progress: Progress, report: Report | None) -> None:
        self._line = line(progress)

    def __rich__(self) -> Any:
        """What the terminal shows now, drawn anew many times a second."""
        from rich.console import Group
        from rich.text import Text

        if self.folder is not None and time.monotonic() - self._looked > 1:
            from longshelf.tracking.course import under_way

            with suppress(OSError, ValueError):
                self._fits = [fit(one) for one in under_way(self.folder, self._began)[:MOST]]
            self._looked = time.monotonic()
        rest = [Text(f"  {one}", no_wrap=True, overflow="ellipsis") for one in self._fits]
        return Group(Text(f"{self.title}: {self._line}"), *rest)


def fit(course: Course) -> str:
    """Where a fit stands, in one line: epoch and values first, as names are long."""
    from longshelf.cli.curves import standing

    values = [f"{name} {course.last[name]:.4g}" for name in course.told if name in course.last]
    return f"{standing(course)}, {', '.join(values)}  {course.name}"


def line(progress: Progress) -> str:
    """Where a run stands, in one line."""
    if progress.stage:
        return progress.stage
    parts = [f"{progress.done + progress.before} done"]
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.not_applicable:
        parts.append(f"{progress.not_applicable} not applicable")
    parts.append(f"{progress.left} left")
    if progress.seconds_left is not None:
        minutes, seconds = divmod(int(progress.seconds_left), 60)
        parts.append(f"{minutes}:{seconds:02d} to go")
    if progress.best is not None:
        parts.append(f"best on the tail {progress.best[0]:.3f} {progress.best[1]}")
    return ", ".join(parts)
