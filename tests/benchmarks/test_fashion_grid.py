"""The benchmark runs both sides on the built-in shop, and they agree."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "fashion_grid.py"


def test_both_sides_score_alike(tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("fashion_grid", SCRIPT)
    assert spec is not None
    grid = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(grid)
    said = ["--data=marketplace(items=1500)", "--seeds=1", "--features=tf_idf", "--cores=1"]
    said += ["--arms=none,RandomUnder,PostHocLogitAdjustment", f"--folder={tmp_path}"]
    for part in ("ours", "once", "inside", "table"):
        assert grid.main([*said, "--part", part]) == 0
    table = capsys.readouterr().out
    assert table.count("within 0.005") == 3
    assert "NOT within" not in table
    assert "median of 1" in table


def test_says_plainly_that_data_are_missing():
    env = {name: value for name, value in os.environ.items() if name != "LONGSHELF_DATA"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "LONGSHELF_DATA is not set" in done.stdout
