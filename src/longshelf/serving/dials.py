"""What can be turned while the service runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from longshelf.errors import InputError, unknown

__all__ = ["Dials", "read_dials"]


@dataclass(frozen=True, kw_only=True)
class Dials:
    """Live settings of lists; an arm of a trial, and a request, may set its own.

    Parameters
    ----------
    tail : float in [0, 1], default 0
        Share of a list kept for tail items, rounded up, as :class:`~longshelf.strategies.TailQuota`.
    diversity : float in [0, 1], default 0
        Weight against items like those above, ``1 - lam`` of :class:`~longshelf.strategies.Mmr`.
    depth : int in [20, 1000], default 100
        Candidates looked at for a list.

    Raises
    ------
    InputError
        If a value is out of range.

    Examples
    --------
    >>> Dials().turned({"tail": 0.2})
    Dials(tail=0.2, diversity=0.0, depth=100)
    """

    tail: float = 0.0
    diversity: float = 0.0
    depth: int = 100

    def __post_init__(self) -> None:
        numbers = (self.tail, self.diversity, self.depth)
        if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
            raise InputError(f"live settings are numbers, got {self}")
        if not (0 <= self.tail <= 1 and 0 <= self.diversity <= 1):
            raise InputError(
                f"tail and diversity must lie in [0, 1], got {self.tail} and {self.diversity}"
            )
        if not 20 <= self.depth <= 1000 or int(self.depth) != self.depth:
            raise InputError(f"depth must be a whole number from 20 to 1000, got {self.depth}")

    def turned(self, some: Mapping[str, Any]) -> Dials:
        """These settings with some of them changed.

        Raises
        ------
        InputError
            Unknown name, or a value out of range.
        """
        known = [field.name for field in fields(self)]
        for name in some:
            if name not in known:
                raise unknown("live setting", name, known)
        return replace(self, **some)


def read_dials(path: str | Path) -> Dials:
    """Live settings from a JSON object.

    Raises
    ------
    InputError
        If the file is none, or says something unknown.
    """
    try:
        said = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"the live settings {path} cannot be read: {error}") from error
    if not isinstance(said, dict):
        raise InputError(f'the live settings {path} must be a JSON object such as {{"tail": 0.2}}')
    return Dials().turned(said)
