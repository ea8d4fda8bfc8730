"""The diaries of one cell in every tracker, none of which can harm the cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from longshelf.curves import Point
from longshelf.tracking.base import Diary, Home, Tracked, Tracker

__all__ = ["Diaries"]


@dataclass
class Diaries:
    """Tells every tracker of one cell; one that fails is told no more, and why is kept.

    Parameters
    ----------
    trackers : sequence of Tracker
    home : Home
    cell : Tracked
    broken : list of str
        What went wrong in trackers.
    """

    trackers: Sequence[Tracker]
    home: Home
    cell: Tracked
    broken: list[str] = field(default_factory=list)
    _open: dict[Tracker, Diary] | None = None

    @property
    def begun(self) -> bool:
        """Whether they are open, or were."""
        return self._open is not None

    def begin(self) -> None:
        """Open them, before the clock of the fit starts."""
        if self._open is None:
            self._open = {}
            for tracker in self.trackers:
                with self._kept_from_harm(tracker):
                    self._open[tracker] = tracker.begin(self.home, self.cell)

    def log(self, point: Point) -> None:
        """What :func:`longshelf.curves.telling` calls."""
        for tracker, diary in list((self._open or {}).items()):
            with self._kept_from_harm(tracker):
                diary.log(point)

    def finish(self, status: str, values: Mapping[str, float]) -> None:
        """Close them; where none is open, a cell that needed no fit is recorded all the same."""
        self.begin()
        for tracker, diary in list((self._open or {}).items()):
            with self._kept_from_harm(tracker):
                diary.finish(status, values)

    @contextmanager
    def _kept_from_harm(self, tracker: Tracker) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            (self._open or {}).pop(tracker, None)
            said = f"{type(error).__name__}: {error}"
            self.broken.append(f"tracking by {type(tracker).__name__} stopped: {said}")
