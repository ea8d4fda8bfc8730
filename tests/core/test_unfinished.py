"""A training that was killed goes on and ends with the same numbers."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from stopped import scores, stopping

from longshelf.unfinished import Unfinished, resumable


class Killed(Exception):
    """Stands for the end of the process."""


def killed():
    raise Killed


@pytest.mark.parametrize(
    ("strategy", "writes"),
    [("none", 1), ("none", 7), ("Crt", 10), ("Mixup", 5), ("ClassBalancedSampling", 6)],
)
def test_what_was_stopped_ends_with_the_same_scores(tmp_path, monkeypatch, strategy, writes):
    plain = scores(tmp_path, strategy)
    here = tmp_path / "here"
    with monkeypatch.context() as patch:
        patch.setattr(Unfinished, "save", stopping(writes, killed))
        with pytest.raises(Killed), resumable(here, every=0):
            scores(tmp_path, strategy)
    assert list(here.glob("*.pt"))
    later = []
    with monkeypatch.context() as patch:
        patch.setattr(Unfinished, "save", lambda self, state: later.append(state["steps"]))
        with resumable(here, every=0):
            again = scores(tmp_path, strategy)
    every = []
    monkeypatch.setattr(Unfinished, "save", lambda self, state: every.append(state["steps"]))
    with resumable(tmp_path / "anew", every=0):
        scores(tmp_path, strategy)
    assert later == every[writes:]
    assert np.array_equal(plain, again)
    assert not here.exists()


def test_kill_9_in_the_middle_of_an_epoch(tmp_path):
    script = Path(__file__).with_name("stopped.py")
    done = subprocess.run([sys.executable, str(script), str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert list((tmp_path / "here").glob("*.pt"))
    with resumable(tmp_path / "here"):
        again = scores(tmp_path)
    assert np.array_equal(scores(tmp_path), again)


def test_a_broken_file_is_no_start(tmp_path):
    file = Unfinished(tmp_path / "training1.pt", 0)
    assert file.load() is None
    file.path.write_bytes(b"not a file of tensors")
    assert file.load() is None
    file.save({"steps": 3})
    assert file.load() == {"steps": 3}
