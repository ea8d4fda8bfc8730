"""Remedies of a user's own that go wrong, each in its way."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from longshelf.corrections import Correction
from longshelf.strategies.base import Strategy


@dataclass(frozen=True, kw_only=True)
class Raises(Strategy):
    """Divides by nothing."""

    def weigh(self, rows, targets):
        raise ZeroDivisionError("rows weigh nothing")


@dataclass(frozen=True, kw_only=True)
class Crashes(Strategy):
    """Takes its process down, as the kernel does when memory is short."""

    def weigh(self, rows, targets):
        os._exit(9)


@dataclass(frozen=True, kw_only=True)
class Fickle(Strategy):
    """Fails while a file is absent."""

    needs: str

    def weigh(self, rows, targets):
        with open(self.needs, encoding="utf-8"):
            return np.ones(len(rows))


@dataclass(frozen=True, kw_only=True)
class Slow(Strategy):
    """Takes its time over every fit."""

    seconds: float = 1.0

    def weigh(self, rows, targets):
        time.sleep(self.seconds)
        return np.ones(len(rows))


@dataclass(frozen=True, kw_only=True)
class Both(Strategy):
    """Acts on the fit by weights, and on the finished fit by a shift."""

    def weigh(self, rows, targets):
        return np.linspace(0.5, 1.5, len(rows))

    def correct(self, fitted, valid, targets):
        return Correction(shift=np.arange(len(targets)) * 100.0)


class Quick:
    """A worker that is done as soon as it is asked."""

    def run(self, job):
        return [SimpleNamespace(status="done")]
