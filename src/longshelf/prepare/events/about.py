"""What a preparation did, beside what it wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["NEGATIVES", "Prepared", "Step", "exists", "write_about"]

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


def exists(folder: str) -> bool:
    """Whether a finished preparation lies in a folder."""
    import fsspec

    there, path = fsspec.core.url_to_fs(_place(folder))
    return bool(there.exists(path))


def write_about(prepared: Prepared) -> None:
    """Written last: a folder without it is not finished."""
    import fsspec

    with fsspec.open(_place(prepared.folder), "w", encoding="utf-8") as file:
        json.dump(prepared.as_dict(), file, ensure_ascii=False, indent=2, default=str)
        file.write("\n")


def _place(folder: str) -> str:
    return f"{folder.rstrip('/')}/about.json"
