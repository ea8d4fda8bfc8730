"""A run of one tracked cell that writes where it stands at every step, and may be killed."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from small_suite import launch, suite

import longshelf.experiment.work as work
from longshelf.unfinished import Unfinished, resumable


def tracked(folder: Path, cache: Path) -> None:
    """One network of three epochs, with lines and TensorBoard."""
    work.resumable = partial(resumable, every=0)  # type: ignore[attr-defined]
    spec = suite(
        models=["mlp(epochs=3, patience=0)"], strategies=["none"], seeds=1, rivals=False,
        track=["lines(after=0)", "tensorboard"],
    )  # fmt: skip
    launch(spec, folder, cache)


if __name__ == "__main__":
    saved = Unfinished.save

    def save(self: Unfinished, state: Any) -> None:
        """Die in the middle of the third epoch, a few steps after the last write."""
        if len(state["history"]) == 2 and state["steps"] == 20:
            os.kill(os.getpid(), signal.SIGKILL)
        saved(self, state)

    Unfinished.save = save  # type: ignore[method-assign]
    tracked(Path(sys.argv[1]), Path(sys.argv[2]))
