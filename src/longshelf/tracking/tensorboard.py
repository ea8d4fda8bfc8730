"""TensorBoard."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from longshelf.curves import Point
from longshelf.errors import missing_extra
from longshelf.tracking.base import Diary, Home, Tracked, Tracker, folder_in

__all__ = ["Tensorboard"]

PARTS = ("dataset", "task", "split", "features", "model", "strategy")
LONGEST = 80
"""Characters of a folder's name, at most."""


@dataclass(frozen=True, kw_only=True)
class Tensorboard(Tracker):
    """Event files in ``tensorboard/`` of the run's folder, a folder for each cell.

    ``tensorboard --logdir runs/NAME/tensorboard`` shows the curves; its tab of hyperparameters
    shows every cell with the primary metric by slice. Where a killed training goes on, the points
    it repeats are hidden.

    Examples
    --------
    >>> Tensorboard()
    Tensorboard()
    """

    abstract: ClassVar[bool] = False

    def prepare(self, home: Home) -> None:
        if find_spec("tensorboard") is None:
            raise missing_extra("tensorboard", "track", "runs tracked in TensorBoard")
        folder_in(home, "tensorboard")

    def begin(self, home: Home, cell: Tracked) -> Diary:
        from torch.utils import tensorboard

        folder = folder_in(home, "tensorboard").joinpath(*place(cell))
        return _Events(folder, tensorboard.SummaryWriter, dict(cell.columns))


def place(cell: Tracked) -> list[str]:
    """Folders that say what a cell is, with letters every file system takes; the last is its own."""
    parts = [str(cell.columns[part]) for part in PARTS]
    cleaned = [re.sub(r"[^\w()=.,+-]+", "_", part)[:LONGEST] for part in parts]
    return [*cleaned, f"seed{cell.columns['seed']}-{cell.key[:8]}"]


@dataclass
class _Events:
    folder: Path
    writer: Any
    about: dict[str, Any]
    open: dict[int, Any] = field(default_factory=dict)
    step: int = 0

    def log(self, point: Point) -> None:
        if point.training not in self.open:
            own = f"training{point.training}" if point.training > 1 else ""
            folder = self.folder / own
            _past_the_second_of(folder)
            self.open[point.training] = self.writer(
                str(folder), purge_step=point.step, flush_secs=10
            )
        self.step = max(self.step, point.step)
        for name, value in point.values.items():
            self.open[point.training].add_scalar(name, value, point.step)

    def finish(self, status: str, values: Mapping[str, float]) -> None:
        if status == "done":
            kinds: Any = import_module("torch.utils.tensorboard.summary")
            opened = self.open.get(1) or self.writer(str(self.folder))
            self.open[1] = opened
            for summary in kinds.hparams(self.about, dict(values)):
                opened.file_writer.add_summary(summary, self.step)
            for name, value in values.items():
                opened.add_scalar(name, value, self.step)
        for opened in self.open.values():
            opened.close()


def _past_the_second_of(folder: Path) -> None:
    """Return once a new event file sorts after those of `folder`, whose names begin with a second.

    TensorBoard reads the files of a folder in the order of their names, and two of one second by
    the process's number: the points of a killed training could hide those of the one that goes on.
    """
    newest = max((int(path.name.split(".")[3]) for path in folder.glob("events.out.*")), default=0)
    left = newest + 1 - time.time()
    if 0 < left <= 1:
        time.sleep(left + 0.01)
