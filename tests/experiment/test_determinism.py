"""The same cell gives the same bytes; threads move values by less than 1e-5."""

import subprocess
import sys
from pathlib import Path

import pytest
import small_suite
from polars.testing import assert_frame_equal
from small_suite import launch, suite

ARMS = {
    "models": ["logistic", "linear(epochs=2)", "mlp(epochs=2, hidden=8)"],
    "strategies": ["none", "RandomOver"],
    "seeds": 1,
    "rivals": False,
}
ROWS = 2000
"""Drawn in an epoch at least, in either process."""

RUN = """
import sys
from pathlib import Path
from small_suite import launch, suite
from test_determinism import ARMS, ROWS
import longshelf.training
from longshelf.experiment.executor import LocalExecutor
longshelf.training.LEAST = ROWS
for name, threads in (("again", 1), ("two", 2)):
    home = Path(sys.argv[1]) / name
    executor = LocalExecutor(workers=1, threads=threads)
    launch(suite(**ARMS), home / "run", home / "cache", executor=executor)
"""


def stored(folder):
    """Bytes of every table of every cell."""
    return {
        f"{place.parent.name}/{place.name}": place.read_bytes()
        for place in (folder / "cells").glob("*/*.parquet")
    }


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    home = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("longshelf.training.LEAST", ROWS)
        here = launch(suite(**ARMS), home / "here" / "run", home / "here" / "cache")
    subprocess.run(
        [sys.executable, "-c", RUN, str(home)],
        check=True, capture_output=True, cwd=Path(small_suite.__file__).parent,
    )  # fmt: skip
    return home, here


def test_the_same_cell_gives_the_same_bytes_in_another_process(runs):
    home, here = runs
    assert here.cells["status"].to_list() == ["done"] * 6
    one, other = stored(home / "here" / "run"), stored(home / "again" / "run")
    assert len(one) == 6 * 5
    assert one == other


def test_two_threads_move_values_by_less_than_a_hundred_thousandth(runs):
    from longshelf.results import Results

    home, here = runs
    two = Results.read(home / "two" / "run")
    assert_frame_equal(
        small_suite.judged(here), small_suite.judged(two), check_exact=False,
        abs_tol=1e-5, rel_tol=0,
    )  # fmt: skip
    assert two.values["value"].is_finite().mean() > 0.5
