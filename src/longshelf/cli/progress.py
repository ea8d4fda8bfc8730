"""Progress of a run: a live line for a person, silence for a program."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from longshelf.experiment.run import Progress
    from longshelf.experiment.work import Report

__all__ = ["Live"]


class Live:
    """Shows cells done, failed and left, the time left, and the best arm on the tail so far."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._status: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status(f"{self.title}: reading data")
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
        if self._status is not None:
            from rich.markup import escape

            self._status.update(escape(f"{self.title}: {line(progress)}"))


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
