"""How often alerts are raised over traffic in which nothing changes: a small version of the script."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "alert_errors.py"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("alert_errors", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["alert_errors"] = module
    spec.loader.exec_module(module)
    return module


def test_quiet_traffic_raises_next_to_nothing_and_a_fall_is_seen_at_once(script):
    found = script.quiet(2, hours=40)
    assert found["windows"] == 32
    assert found["per signal and window"] <= 0.005
    seen = script.colder(1, hours=44, change=36)
    assert seen["raised"] == 1
    assert seen["median windows"] <= 3
