"""What a tracker is: it opens a diary for a cell, and the diary is told how the cell goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from longshelf.curves import Point
from longshelf.errors import InputError

__all__ = ["Diary", "Home", "Tracked", "Tracker", "folder_in", "labelled"]


class Home(Protocol):
    """Where a run is stored."""

    @property
    def address(self) -> str:
        """A folder, or an address such as ``s3://bucket/runs/fashion``."""
        ...

    @property
    def local(self) -> Path | None:
        """The folder, where the address is one."""
        ...

    def put(self, name: str, content: bytes) -> None:
        """Write a file; readers see the old one or the new one."""
        ...

    def read(self, name: str) -> bytes | None:
        """A file, or None."""
        ...


class Tracked(Protocol):
    """What a diary is about: a cell."""

    @property
    def key(self) -> str:
        """Of this cell and no other."""
        ...

    @property
    def name(self) -> str:
        """As the tables print it."""
        ...

    @property
    def columns(self) -> dict[str, Any]:
        """cell, dataset, task, split, features, model, strategy, seed."""
        ...


class Diary(Protocol):
    """The record of one cell."""

    def log(self, point: Point) -> None:
        """Add what a training tells; one that was resumed goes on from an earlier step."""
        ...

    def finish(self, status: str, values: Mapping[str, float]) -> None:
        """Close it.

        Parameters
        ----------
        status : {"done", "failed", "not applicable"}
            What became of the cell.
        values : mapping of name to float
            The primary metric by slice, such as ``macro_f1/tail``.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Tracker:
    """Where cells are recorded, described by its arguments; a suite names it under ``track``."""

    abstract: ClassVar[bool] = True

    def prepare(self, home: Home) -> None:
        """Make what all cells share, before the first of them.

        Raises
        ------
        InputError, Unavailable
            If nothing could be recorded; no cell has run then.
        """

    def begin(self, home: Home, cell: Tracked) -> Diary:
        """Open the diary of a cell, or the one that a process that is gone left open."""
        raise NotImplementedError


def folder_in(home: Home, name: str) -> Path:
    """A tracker's folder inside a run's.

    Raises
    ------
    InputError
        If the run is stored elsewhere than in a folder.
    """
    if home.local is None:
        raise InputError(
            f"track: {name} writes into the run's folder, and this run is stored at "
            f"{home.address}; give --out a folder"
        )
    return home.local.absolute() / name


def labelled(point: Point) -> dict[str, float]:
    """The values of a point, those of a fit's second training and later ones named after it.

    Examples
    --------
    >>> labelled(Point(1, 10, {"loss": 0.5})), labelled(Point(2, 10, {"loss": 0.5}))
    ({'loss': 0.5}, {'training2/loss': 0.5})
    """
    before = f"training{point.training}/" if point.training > 1 else ""
    return {before + name: value for name, value in point.values.items()}
