"""Which arm a user sees, and what that arm is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from longshelf.errors import InputError, unknown
from longshelf.serving.dials import Dials
from longshelf.trials import Trial

__all__ = ["Arm", "Plan", "read_plan"]

_SAID = ("share", "artifact", "dials")


@dataclass(frozen=True, kw_only=True)
class Arm:
    """What one arm serves.

    Parameters
    ----------
    name : str, default ""
        "" where no trial runs.
    trial : str, default ""
    propensity : float or None
        Share of users that see it.
    artifact : int, default 0
        Position of its artifact among those served.
    dials : mapping
        Live settings of its own.
    """

    name: str = ""
    trial: str = ""
    propensity: float | None = None
    artifact: int = 0
    dials: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A trial and its arms; none of them where nothing is tried.

    Parameters
    ----------
    trial : Trial or None
    arms : mapping of name to Arm
    interleaved : bool
        Every list is drafted by the first two arms in turn, and each item bears its arm.
    """

    trial: Trial | None = None
    arms: Mapping[str, Arm] = field(default_factory=dict)
    interleaved: bool = False

    def arm_of(self, unit: str) -> Arm:
        """The arm of a user (a pseudonym), or of a request where there is no user."""
        if self.trial is None:
            return PLAIN
        return self.arms[self.trial.arm_of(unit)]


PLAIN = Arm()


def read_plan(path: str | Path, artifacts: int) -> Plan:
    """A trial from a JSON file.

    ``{"name": "quota", "salt": "2026", "arms": {"plain": {"share": 0.5}, "quota": {"share": 0.5,
    "dials": {"tail": 0.2}}}}``; an arm may name another ``artifact`` by its position on the command
    line. Arms called ``no-op`` and ``shuffle`` are controls: the plain list, and that list shuffled.
    With ``"interleave": true`` both arms draft every list in turn.

    Parameters
    ----------
    path : str or Path
        The file.
    artifacts : int
        Recommenders served.

    Raises
    ------
    InputError
        If the file says something else.
    """
    try:
        said = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"the trial {path} cannot be read: {error}") from error
    if not isinstance(said, dict) or not isinstance(said.get("arms"), dict):
        raise InputError(f"the trial {path} must be an object with a name and arms")
    for name in said:
        if name not in ("name", "salt", "arms", "interleave"):
            raise unknown("part of a trial", name, ["name", "salt", "arms", "interleave"])
    for name, one in said["arms"].items():
        if not isinstance(one, dict) or not isinstance(one.get("dials", {}), dict):
            raise InputError(f"arm {name!r} of {path} must be an object, and so must its dials")
        if not isinstance(one.get("share", 0), int | float):
            raise InputError(f"the share of arm {name!r} must be a number, got {one['share']!r}")
    shares = tuple(one.get("share", 1 / len(said["arms"])) for one in said["arms"].values())
    trial = Trial(
        name=str(said.get("name", "")), arms=tuple(said["arms"]), shares=shares,
        salt=str(said.get("salt", "")),
    )  # fmt: skip
    arms = {name: _arm(trial, name, one, artifacts) for name, one in said["arms"].items()}
    interleaved = bool(said.get("interleave", False))
    if interleaved and len(arms) != 2:
        raise InputError(f"interleaving drafts lists from two arms, got {len(arms)}")
    return Plan(trial, arms, interleaved)


def _arm(trial: Trial, name: str, said: Mapping[str, Any], artifacts: int) -> Arm:
    for key in said:
        if key not in _SAID:
            raise unknown(f"part of arm {name!r}", key, _SAID)
    artifact = said.get("artifact", 0)
    if not isinstance(artifact, int) or not 0 <= artifact < artifacts:
        raise InputError(
            f"arm {name!r} asks for artifact {artifact!r}; those served are 0 to {artifacts - 1}"
        )
    dials = dict(said.get("dials", {}))
    Dials().turned(dials)
    return Arm(
        name=name, trial=trial.name, propensity=trial.share_of(name), artifact=artifact,
        dials=dials,
    )  # fmt: skip
