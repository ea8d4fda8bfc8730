"""The benchmark runs both sides on the built-in shop, and they agree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks" / "fashion_grid.py"


def bench(*given: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    env.pop("LONGSHELF_DATA", None)
    return subprocess.run(
        [sys.executable, str(SCRIPT), *given], env=env, capture_output=True, text=True, check=False
    )


def test_both_sides_score_alike(tmp_path):
    said = ["--data=marketplace", "--seeds=1", "--features=tf_idf", "--cores=1"]
    said += ["--arms=none,RandomUnder,PostHocLogitAdjustment", f"--folder={tmp_path}"]
    for part in ("ours", "once", "inside"):
        done = bench(*said, "--part", part)
        assert done.returncode == 0, done.stderr
    table = bench(*said, "--part=table").stdout
    assert table.count("within 0.005") == 3
    assert "NOT within" not in table
    assert "median of 1" in table


def test_says_plainly_that_data_are_missing():
    done = bench()
    assert done.returncode == 2
    assert "LONGSHELF_DATA is not set" in done.stdout
