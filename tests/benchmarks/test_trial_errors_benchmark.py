"""A small version of the script that counts how often trials are wrong."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "trial_errors.py"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("trial_errors", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["trial_errors"] = module
    spec.loader.exec_module(module)
    return module


def test_peeking_raises_few_false_alarms_where_a_fixed_horizon_raises_many(script):
    found = script.false_alarms(40, 3000)
    alarms = found["false alarms"]
    wrong = alarms.pop("fixed-horizon interval, peeked at")
    assert max(alarms.values()) <= found["limit"]
    assert wrong > 0.1
    assert found["sample ratio failed"] <= 1 / 40


def test_intervals_hold_the_truth_and_interleaving_agrees_sooner(script):
    found = script.known_lift(10, 8000)
    assert found["true lift"] > 0.05
    for line in found["metrics"].values():
        assert line["covered at every look"] >= 0.8
        assert line["width / fixed"] <= 2
        assert line["power"] >= 0.6
    assert found["interleaving"]["wrong"] == 0
    assert found["interleaving"]["power"] >= 0.9
    visits = found["metrics"]["click rate"]["median visits to verdict"]
    assert found["interleaving"]["median visits to verdict"] < visits / 2
