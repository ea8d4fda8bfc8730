"""One small training, and a process that is killed in the middle of it."""

import os
import signal
import sys
from pathlib import Path

import longshelf as ls
from longshelf.cache import Cache
from longshelf.unfinished import Unfinished, resumable

SMALL = "bi_lstm(epochs=3, width=8, hidden=8, batch=64, patience=0)"


def scores(folder, strategy="none"):
    """Test scores of the training."""
    shop = ls.load("marketplace(items=400, imbalance=10)")
    cache = Cache(Path(folder) / "cache")
    arm = ls.fit(shop, features="words", model=SMALL, strategy=strategy, cache=cache)
    return arm.predicted.test.scores


def stopping(after, stop):
    """``Unfinished.save`` that stops after so many writes."""
    saved, count = Unfinished.save, 0

    def save(self, state):
        nonlocal count
        saved(self, state)
        count += 1
        if count == after:
            stop()

    return save


if __name__ == "__main__":
    import longshelf.training

    longshelf.training.LEAST = 1
    Unfinished.save = stopping(6, lambda: os.kill(os.getpid(), signal.SIGKILL))
    with resumable(Path(sys.argv[1]) / "here", every=0):
        scores(sys.argv[1])
