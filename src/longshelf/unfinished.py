"""Trainings that survive the process: where one stands is on disk, and it goes on from there."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Bookmark", "Unfinished", "resumable", "rng_state", "set_rng", "unfinished"]

EVERY = 60.0
"""Seconds between two writes, and those a training must last to be written at all."""


@dataclass
class _Place:
    folder: Path
    every: float
    begun: int = 0


_HERE: ContextVar[_Place | None] = ContextVar("longshelf_unfinished", default=None)


@contextmanager
def resumable(folder: Path, every: float = EVERY) -> Iterator[None]:
    """Let trainings inside be kept in a folder, in the order they begin; it goes when all are done.

    Run again with the same arguments after the process was killed, they go on where they stood
    and end with the same numbers.

    Parameters
    ----------
    folder : Path
        Named after all that the trainings depend on.
    every : float, seconds, default 60
        Time between two writes.
    """
    token = _HERE.set(_Place(folder, every))
    try:
        yield
    finally:
        _HERE.reset(token)
    shutil.rmtree(folder, ignore_errors=True)


def unfinished() -> Unfinished | None:
    """Where the training that begins now is kept; None where nobody asked for it."""
    place = _HERE.get()
    if place is None:
        return None
    place.begun += 1
    return Unfinished(place.folder / f"training{place.begun}.pt", place.every)


@dataclass
class Unfinished:
    """The file of one training.

    Parameters
    ----------
    path : Path
    every : float, seconds
    """

    path: Path
    every: float
    _last: float = field(default_factory=time.monotonic)

    def load(self) -> dict[str, Any] | None:
        """What was written last, tensors and plain values only; None where nothing readable is."""
        import pickle

        import torch

        try:
            found: dict[str, Any] = torch.load(self.path, weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
            return None
        return found

    @property
    def due(self) -> bool:
        """Whether long enough has passed since the last write."""
        return time.monotonic() - self._last >= self.every

    def save(self, state: Mapping[str, Any]) -> None:
        """Write beside, then rename: a file is whole or absent."""
        import torch

        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(f".{os.getpid()}")
        torch.save(dict(state), beside)
        os.replace(beside, self.path)
        self._last = time.monotonic()


@dataclass
class Bookmark:
    """Keeps where a stage of a training stands, and puts it back there.

    Parameters
    ----------
    file : Unfinished or None
        None keeps nothing.
    stage : int
    before : dict or None
        What was kept of this stage by a process that is gone.
    """

    file: Unfinished | None
    stage: int
    before: dict[str, Any] | None

    @property
    def due(self) -> bool:
        """Whether the next write is due."""
        return self.file is not None and self.file.due

    def write(self, fitted: Any, moving: Any, schedule: Any, **place: Any) -> None:
        """Write the network, the optimiser, every generator and the place in the epoch."""
        import torch

        assert self.file is not None
        self.file.save({
            "stage": self.stage, "net": fitted.net.learned(), "history": fitted.history,
            "moving": moving.state_dict(), "schedule": schedule.last_epoch,
            "torch": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state_all(), **place,
        })  # fmt: skip

    def put_back(self, fitted: Any, moving: Any, schedule: Any) -> dict[str, Any] | None:
        """What was written, once, with network, optimiser and generators put back to it."""
        import torch

        before, self.before = self.before, None
        if before is not None:
            fitted.net.load_state_dict(before["net"], strict=False)
            fitted.history[:] = before["history"]
            moving.load_state_dict(before["moving"])
            schedule.last_epoch = before["schedule"]
            torch.set_rng_state(before["torch"])
            torch.cuda.set_rng_state_all(before["cuda"])
        return before


def rng_state(rng: np.random.Generator) -> str:
    """Where a generator stands, as text."""
    return json.dumps(rng.bit_generator.state)


def set_rng(rng: np.random.Generator, state: str) -> None:
    """Put a generator back."""
    rng.bit_generator.state = json.loads(state)
