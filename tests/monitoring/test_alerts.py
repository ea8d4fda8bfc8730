"""Alerts: raised late enough, cleared late enough, silent at flapping input, and kept in a file."""

from __future__ import annotations

import json

import pytest

from longshelf.errors import InputError
from longshelf.monitoring import Alerts, Rule

RULE = Rule(signal="drift", above=3.0, below=1.0, windows=2, calm=3)


def walked(values, alerts=None):
    alerts = alerts or Alerts(rules=(RULE,))
    start = alerts.upto + 1 if alerts.alarms else 0
    for window, value in enumerate(values):
        alerts = alerts.after(start + window, {"drift": value})
    return alerts


def test_one_bad_window_is_no_alert_and_flapping_input_never_raises_or_clears() -> None:
    assert walked([5, 0, 5, 0, 5, 0, 5]).raised == ()
    raised = walked([5, 5])
    assert raised.raised == ("drift",)
    assert walked([0, 0, 5, 0, 2, 0, 0, 2, 0, 5], raised).raised == ("drift",)
    flapping = walked([2.9, 3.1] * 20)
    assert flapping.changes == ()
    beside = walked([5, 5] + [0.9, 0.9, 1.1] * 20)
    assert [change.raised for change in beside.changes] == [True]


def test_it_is_cleared_after_enough_calm_windows_and_raised_again_by_the_same_rule() -> None:
    found = walked([5, 5, 0, 0, 0, 5, 5])
    assert [(change.window, change.raised) for change in found.changes] == [
        (1, True), (4, False), (6, True),
    ]  # fmt: skip
    assert found.alarms["drift"].since == 6


def test_windows_without_a_value_change_nothing() -> None:
    assert walked([5, None, float("nan"), 5]).raised == ("drift",)
    assert walked([5, 5, None, None, None]).raised == ("drift",)


def test_a_threshold_itself_speaks_for_no_change() -> None:
    assert walked([3.0] * 5).raised == ()
    assert walked([5, 5] + [1.0] * 9).raised == ("drift",)


def test_state_outlives_the_process_and_no_window_is_taken_in_twice(tmp_path) -> None:
    path = tmp_path / "deep" / "alerts.json"
    walked([0, 5]).save(path)
    again = Alerts.load(path, (RULE,))
    assert again.after(1, {"drift": 5.0}).raised == ()
    assert again.after(2, {"drift": 5.0}).raised == ("drift",)
    again.after(2, {"drift": 5.0}).save(path)
    kept = json.loads(path.read_text())
    assert kept["upto"] == 2
    assert kept["alarms"]["drift"]["raised"]
    assert [p.name for p in path.parent.iterdir()] == ["alerts.json"]
    assert Alerts.load(tmp_path / "none.json", (RULE,)).raised == ()


@pytest.mark.parametrize(
    "broken", ["", "[]", '{"alarms": {}}', '{"upto": 1, "alarms": {"x": {"on": 1}}}']
)
def test_a_broken_state_is_said(tmp_path, broken: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(broken)
    with pytest.raises(InputError, match="delete it to begin anew"):
        Alerts.load(path, (RULE,))


def test_rules_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="must not be the higher"):
        Rule(signal="x", above=1.0, below=2.0)
    with pytest.raises(InputError, match="one window or more"):
        Rule(signal="x", above=1.0, below=0.5, windows=0)
