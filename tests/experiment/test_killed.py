"""kill -9 at seeded random moments, two runners at once, Ctrl-C: nothing is lost or done twice."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import psutil
import pytest
import small_suite
import yaml
from polars.testing import assert_frame_equal

from longshelf.results import Results

KILLS = (
    ("", 1, "group"), ("", 2, "group"), ("table", 1, "group"), ("", 2, "parent"), ("", 1, "group"),
    ("rename", 2, "group"), ("", 2, "parent"), ("", 1, "group"), ("", 1, "group"),
    ("results", 1, "group"),
)  # fmt: skip


def environment():
    one = dict.fromkeys(("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {**os.environ, **one, "PYTHONPATH": str(Path(small_suite.__file__).parent)}


def child(*arguments, log):
    with log.open("wb") as said:
        return subprocess.Popen(
            [sys.executable, small_suite.__file__, *map(str, arguments)],
            stdout=said, stderr=subprocess.STDOUT, start_new_session=True, env=environment(),
        )  # fmt: skip


def whole(folder):
    return len(list((folder / "cells").glob("[0-9a-f]*")))


def until(condition, process, seconds=90):
    end = time.monotonic() + seconds
    while not condition() and process.poll() is None:
        assert time.monotonic() < end, "the moment to kill never came"
        time.sleep(0.01)


def kill(process, whom):
    """Kill a process or its whole group; whatever it started must be gone soon."""
    family = [process.pid, *(one.pid for one in psutil.Process(process.pid).children(True))]
    if whom == "group":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    end = time.monotonic() + 30
    while alive := [pid for pid in family if running(pid)]:
        assert time.monotonic() < end, f"{alive} outlived the run"
        time.sleep(0.05)


def running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
def test_ten_kills_leave_the_values_of_an_undisturbed_run(tmp_path, undisturbed):
    folder, cache, log = tmp_path / "run", tmp_path / "cache", tmp_path / "log"
    draw, died, inside = random.Random(7), 0, 0
    for number, (where, workers, whom) in enumerate(KILLS):
        sign, before = tmp_path / f"sign{number}", whole(folder)
        more = draw.randint(0, 7)
        process = child(folder, cache, workers, where, before + more, sign, log=log)
        if where:
            until(sign.exists, process)
            inside += sign.exists()
        else:
            until(lambda target=before + more: whole(folder) >= target, process)
            time.sleep(draw.uniform(0, 0.3))
        assert process.poll() is None, log.read_text()
        kill(process, whom)
        died += process.returncode == -signal.SIGKILL
    assert (died, inside) == (10, 3)
    assert list((folder / "cells").glob(".beside-*"))
    assert (folder / "results.parquet").exists()
    assert not (folder / "environment.json").exists()

    process = child(folder, cache, 2, log=log)
    assert process.wait(120) == 0, log.read_text()
    results = Results.read(folder)
    assert results.cells["status"].to_list() == ["done"] * 68
    assert_frame_equal(small_suite.judged(results), small_suite.judged(undisturbed.results))
    same = ["dataset", "features", "model", "strategy", "decision", "metric", "slice_axis", "slice"]
    assert_frame_equal(
        results.comparisons.sort(same, nulls_last=True),
        undisturbed.results.comparisons.sort(same, nulls_last=True),
    )


def test_two_runners_share_a_folder_and_do_every_cell_once(tmp_path, undisturbed):
    folder = tmp_path / "run"
    logs = [tmp_path / "one", tmp_path / "two"]
    runners = [child(folder, tmp_path / f"cache{i}", 1, log=log) for i, log in enumerate(logs)]
    assert [runner.wait(120) for runner in runners] == [0, 0], [log.read_text() for log in logs]
    did = [int(log.read_text().split()[-1]) for log in logs]
    assert sum(did) == 68
    assert whole(folder) == 68
    assert_frame_equal(
        small_suite.judged(Results.read(folder)), small_suite.judged(undisturbed.results)
    )


def test_ctrl_c_leaves_with_130_and_keeps_what_is_done(tmp_path):
    small_suite.table().rows.write_csv(tmp_path / "own.csv")
    spec = {
        **small_suite.suite(seeds=2, strategies=["none", "own_remedies:Slow(seconds=0.3)"]),
        "datasets": [{"own": {"path": str(tmp_path / "own.csv"), "label": "label"}}],
    }
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(spec))
    command = "from longshelf.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", command, "run", "own.yaml", "--out", "kept", "--workers", "2"],
        cwd=tmp_path, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**environment(), "LONGSHELF_CACHE": str(tmp_path / "cache")},
    )  # fmt: skip
    folder = tmp_path / "kept"
    until(lambda: whole(folder) >= 2, process)
    family = [one.pid for one in psutil.Process(process.pid).children(True)]
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "what is done is kept" in said
    end = time.monotonic() + 20
    while any(map(running, family)):
        assert time.monotonic() < end, "a worker outlived Ctrl-C"
        time.sleep(0.05)
    kept = whole(folder)
    assert 2 <= kept < 14
    for cell in (folder / "cells").glob("[0-9a-f]*"):
        assert pl.read_parquet(cell / "values.parquet").height > 0
