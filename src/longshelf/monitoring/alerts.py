"""Alerts that neither cry at one bad window nor flap at a threshold; their state outlives the process."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isfinite
from pathlib import Path
from typing import Any

from longshelf.errors import InputError

__all__ = ["Alarm", "Alerts", "Change", "Rule"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When an alert is raised and when it is cleared.

    Parameters
    ----------
    signal : str
        Which number it watches; its name.
    above : float
        Raised after ``windows`` windows in a row above this.
    below : float
        Cleared after ``calm`` windows in a row below this; at most ``above``.
    windows : int, default 2
    calm : int, default 3
    meaning : str, default ""
        What to make of it.

    Raises
    ------
    InputError
        Thresholds the wrong way round, or fewer than one window.
    """

    signal: str
    above: float
    below: float
    windows: int = 2
    calm: int = 3
    meaning: str = ""

    def __post_init__(self) -> None:
        if not self.below <= self.above:
            raise InputError(
                f"alert {self.signal!r} clears below {self.below} but is raised above {self.above}; "
                "the lower threshold must not be the higher"
            )
        if min(self.windows, self.calm) < 1:
            raise InputError(f"alert {self.signal!r} needs one window or more both ways")


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Where one alert stands.

    Parameters
    ----------
    raised : bool
        Whether it is on.
    streak : int
        Windows in a row that speak for a change.
    since : float or None
        The window that raised it.
    value : float or None
        Seen last.
    """

    raised: bool = False
    streak: int = 0
    since: float | None = None
    value: float | None = None

    def after(self, rule: Rule, window: float, value: float | None) -> Alarm:
        """The state after one more window; a window without a value changes nothing."""
        if value is None or not isfinite(value):
            return self
        speaks = value < rule.below if self.raised else value > rule.above
        streak = self.streak + 1 if speaks else 0
        if streak < (rule.calm if self.raised else rule.windows):
            return replace(self, streak=streak, value=value)
        return Alarm(raised=not self.raised, since=None if self.raised else window, value=value)


@dataclass(frozen=True, kw_only=True)
class Change:
    """An alert raised or cleared."""

    signal: str
    window: float
    raised: bool
    value: float


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """All rules, where they stand, and up to which window.

    Parameters
    ----------
    rules : tuple of Rule
        One per signal.
    alarms : mapping of str to Alarm
        By signal.
    upto : float
        Start of the last window taken in; earlier ones are not taken in twice.
    changes : tuple of Change
        Since the process began to look.

    Examples
    --------
    >>> alerts = Alerts(rules=(Rule(signal="drift", above=0.25, below=0.1),))
    >>> for window, value in enumerate([0.3, 0.1, 0.3, 0.3]):
    ...     alerts = alerts.after(window, {"drift": value})
    >>> alerts.raised, alerts.alarms["drift"].since
    (('drift',), 3)
    """

    rules: tuple[Rule, ...]
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    upto: float = float("-inf")
    changes: tuple[Change, ...] = ()

    @property
    def raised(self) -> tuple[str, ...]:
        """Signals whose alert is on."""
        return tuple(r.signal for r in self.rules if self.alarms.get(r.signal, Alarm()).raised)

    def after(self, window: float, values: Mapping[str, float | None]) -> Alerts:
        """Take in one closed window.

        Parameters
        ----------
        window : float
            Its start.
        values : mapping of str to float or None
            What was seen; signals without a value stay as they are.
        """
        if window <= self.upto:
            return self
        alarms, changes = dict(self.alarms), list(self.changes)
        for rule in self.rules:
            before = alarms.get(rule.signal, Alarm())
            now = before.after(rule, window, values.get(rule.signal))
            alarms[rule.signal] = now
            if now.raised != before.raised and now.value is not None:
                changes.append(
                    Change(signal=rule.signal, window=window, raised=now.raised, value=now.value)
                )
        return replace(self, alarms=alarms, upto=window, changes=tuple(changes))

    def save(self, path: Path) -> None:
        """Write where the alerts stand: beside, then renamed, so that a file is whole or absent."""
        state = {
            "format": 1,
            "upto": self.upto if isfinite(self.upto) else None,
            "alarms": {name: asdict(alarm) for name, alarm in self.alarms.items()},
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        beside.write_text(json.dumps(state, indent=2), encoding="utf-8")
        beside.replace(path)

    @classmethod
    def load(cls, path: Path, rules: Sequence[Rule]) -> Alerts:
        """Go on from a file, or begin where there is none.

        Raises
        ------
        InputError
            The file is not a state of alerts.
        """
        if not path.exists():
            return cls(rules=tuple(rules))
        try:
            state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            alarms = {name: Alarm(**alarm) for name, alarm in state["alarms"].items()}
            upto = float("-inf") if state["upto"] is None else float(state["upto"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"{path} does not hold the state of alerts ({error}); delete it to begin anew"
            ) from error
        return cls(rules=tuple(rules), alarms=alarms, upto=upto)
