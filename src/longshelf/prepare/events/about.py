"""What a preparation did, beside what it wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from longshelf.errors import InputError, Unavailable

__all__ = ["NEGATIVES", "Prepared", "Step", "Target"]

ABOUT = "about.json"
FORMAT = 1

NEGATIVES = (
    "None were made. A log holds what users did, so positives only; what they were shown and left, "
    "or never saw, does not stand in it. Each training run states where its negatives come from: "
    "a sampling law, the batch, or every other item."
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a preparation.

    Parameters
    ----------
    name : str
    seconds : float
    rows, dropped : int
        Events after the step, and those it dropped.
    users, items : int, optional
        After the step, where they were counted.
    why : dict of str to int
        Events dropped, by reason.
    """

    name: str
    seconds: float
    rows: int
    dropped: int = 0
    users: int | None = None
    items: int | None = None
    why: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a preparation wrote, and how it came to it; ``about.json`` holds the same.

    Parameters
    ----------
    folder : str
        Holds ``interactions/``, ``items/``, ``users/`` and ``about.json``.
    source : dict
        Files and columns read.
    engine : dict
        Name and version.
    steps : sequence of Step
    core : dict
        ``k``, and the events that each pass dropped.
    split : dict
        Which, its cuts on the time line, and the events of each part.
    users : dict
        Whether ids are pseudonyms.
    negatives : dict
        That none were made, and the laws a training run may choose.
    warnings : sequence of str
    """

    folder: str
    source: dict[str, Any]
    engine: dict[str, str]
    steps: Sequence[Step]
    core: dict[str, Any]
    split: dict[str, Any]
    users: dict[str, Any]
    negatives: dict[str, Any]
    warnings: Sequence[str] = ()

    @property
    def seconds(self) -> float:
        """Wall time of all steps."""
        return sum(step.seconds for step in self.steps)

    def as_dict(self) -> dict[str, Any]:
        """As ``about.json`` holds it."""
        said = {"format": FORMAT, **asdict(self), "seconds": round(self.seconds, 3)}
        del said["folder"]
        for step in said["steps"]:
            step["seconds"] = round(step["seconds"], 3)
        return said

    def table(self) -> list[dict[str, Any]]:
        """A row per step, for a listing."""
        return [
            {
                "step": step.name, "events": step.rows, "dropped": step.dropped,
                "users": step.users, "items": step.items, "seconds": round(step.seconds, 2),
                "why": ", ".join(f"{reason} {n:,}" for reason, n in step.why.items()),
            }
            for step in self.steps
        ]  # fmt: skip


class Target:
    """The folder that is written: here, or at any address fsspec knows.

    Parameters
    ----------
    folder : str
        Must hold nothing yet, but for an engine's work folder.

    Raises
    ------
    InputError
        If something lies there.
    Unavailable
        If the address needs a package that is not installed.
    """

    def __init__(self, folder: str) -> None:
        import fsspec

        try:
            self._files, self._path = fsspec.core.url_to_fs(folder.rstrip("/"))
        except (ImportError, ValueError) as error:
            raise Unavailable(f"{folder} cannot be reached: {error}") from error
        there = self._files.ls(self._path, detail=False) if self._files.exists(self._path) else []
        names = [name.rstrip("/").rpartition("/")[2] for name in there]
        if found := sorted(name for name in names if not name.startswith("work-")):
            what = "a finished preparation" if ABOUT in found else ", ".join(found[:3])
            raise InputError(f"{folder} holds {what}; name another folder, or remove it")

    def finish(self, prepared: Prepared) -> None:
        """Write the account last: a folder without it is not finished."""
        with self._files.open(f"{self._path}/{ABOUT}", "w", encoding="utf-8") as file:
            json.dump(prepared.as_dict(), file, ensure_ascii=False, indent=2, default=str)
            file.write("\n")

    def clear(self) -> None:
        """Remove what a preparation wrote that failed."""
        for name in ("interactions", "items", "users"):
            if self._files.exists(f"{self._path}/{name}"):
                self._files.rm(f"{self._path}/{name}", recursive=True)
