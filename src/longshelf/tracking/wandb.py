"""Weights & Biases."""

from __future__ import annotations

import importlib
import netrc
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from longshelf.curves import Point
from longshelf.errors import missing_extra, unknown
from longshelf.tracking.base import Diary, Home, Tracked, Tracker, folder_in, labelled

__all__ = ["Wandb"]

MODES = ("online", "offline", "disabled")
QUIET = {
    "console": "off", "silent": True, "save_code": False, "disable_code": True,
    "disable_git": True, "x_disable_meta": True, "x_disable_stats": True,
    "x_disable_machine_info": True, "x_save_requirements": False, "host": "",
}  # fmt: skip
"""Settings that record the cell, and nothing of the machine, its user or the code."""

LONGEST = 128
"""Characters of a run's name, at most."""


@dataclass(frozen=True, kw_only=True)
class Wandb(Tracker):
    """A run for each cell in Weights & Biases: its columns, its curves, its final values.

    Offline unless the user is logged in; ``wandb sync runs/NAME/wandb/offline-run-*`` sends what
    was written offline. Neither console, code, packages nor the machine are recorded. A training
    that was killed offline and goes on lies in two folders, of one run.

    Parameters
    ----------
    project : str or None
        None is named after the run's folder.
    mode : {"online", "offline", "disabled"} or None
        None is ``WANDB_MODE`` where that is set, else online where ``WANDB_API_KEY`` or
        ``wandb login`` gave a key.

    Raises
    ------
    InputError
        If ``mode`` is none of these.

    Examples
    --------
    >>> Wandb(mode="offline")
    Wandb(project=None, mode='offline')
    """

    abstract: ClassVar[bool] = False

    project: str | None = None
    mode: Literal["online", "offline", "disabled"] | None = None

    def __post_init__(self) -> None:
        if self.mode is not None and self.mode not in MODES:
            raise unknown("mode of wandb", self.mode, MODES)

    def prepare(self, home: Home) -> None:
        _wandb()
        self._folder(home)

    def begin(self, home: Home, cell: Tracked) -> Diary:
        wandb = _wandb()
        run = wandb.init(
            project=self.project or PurePosixPath(home.address.rstrip("/")).name,
            id=cell.key, name=cell.name[-LONGEST:], config=cell.columns, dir=self._folder(home),
            mode=self._mode(), resume="allow", reinit="create_new",
            settings=wandb.Settings(**QUIET),
        )  # fmt: skip
        run.define_metric("step")
        run.define_metric("*", step_metric="step")
        return _Run(run)

    def _mode(self) -> str:
        asked = self.mode or os.environ.get("WANDB_MODE")
        return asked or ("online" if _logged_in() else "offline")

    def _folder(self, home: Home) -> str:
        """The run's folder, where ``wandb`` makes its own; any, where it only passes on."""
        if home.local is None and self._mode() != "offline":
            return tempfile.gettempdir()
        folder = folder_in(home, "wandb").parent
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)


def _wandb() -> Any:
    try:
        return importlib.import_module("wandb")
    except ImportError:
        raise missing_extra("wandb", "wandb", "runs tracked in Weights & Biases") from None


def _logged_in() -> bool:
    """Whether a key is at hand; it is not read."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    host = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


@dataclass
class _Run:
    run: Any

    def log(self, point: Point) -> None:
        self.run.log({"step": point.step, **labelled(point)})

    def finish(self, status: str, values: Mapping[str, float]) -> None:
        self.run.summary.update({"status": status, **values})
        self.run.finish(exit_code=0 if status == "done" else 1)
