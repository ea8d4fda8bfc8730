"""Curves of a whole run: from every worker, once, and at no cost to the cells."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from killed_training import tracked
from small_suite import judged, launch, suite, table

from longshelf.errors import InputError
from longshelf.experiment.executor import LocalExecutor
from longshelf.experiment.plan import make_plan
from longshelf.experiment.store import Store
from longshelf.experiment.suite import load_suite
from longshelf.tracking import Lines, Tensorboard
from longshelf.tracking.course import courses
from longshelf.unfinished import resumable

pytest.importorskip("torch", reason="needs the extra deep")


def small(**changed):
    given = {"models": ["mlp(epochs=2)", "logistic"], "seeds": 1, "rivals": False,
             "strategies": ["none", "PerClassThreshold", "Focal", "Crt"]}  # fmt: skip
    return suite(**{**given, **changed})


def files(folder):
    return {
        path: path.read_bytes()
        for path in Path(folder).rglob("*")
        if path.is_file() and "cells" not in path.parts and path.suffix in (".jsonl", ".txt")
    }


def test_every_worker_writes_and_nothing_is_written_twice(tmp_path):
    spec = small(track=["lines(after=0)", "own_trackers:Own", "tensorboard"])
    workers = LocalExecutor(workers=2, threads=1)
    results = launch(spec, tmp_path / "run", tmp_path / "cache", executor=workers)
    assert results.cells["status"].value_counts(sort=True).rows() == [
        ("done", 6),
        ("not applicable", 2),
    ]
    found = {one.about["strategy"]: one for one in courses(Store(str(tmp_path / "run")))}
    assert set(found) == {"none", "Focal", "Crt"}
    values = results.values
    for course in found.values():
        assert course.ended == "done"
        assert course.series("valid")[0] == course.series("loss")[0]
        own = {
            (row["decision"], row["slice"]): row["value"]
            for row in values.to_dicts()
            if row["cell"] == course.name and row["metric"] == "macro_f1"
        }
        assert course.final["macro_f1/tail"] == own["argmax", "tail"]
        assert course.final["macro_f1.tuned/all"] == own["tuned", "all"]
        assert any(name.startswith("macro_f1/side=") for name in course.final)
    pages = sorted(path.read_text() for path in (tmp_path / "run/own").glob("*"))
    assert len(pages) == 6
    assert all(" done " in page for page in pages)
    folders = {str(path.parent.parent.name) for path in tmp_path.rglob("events.out.*")}
    assert folders == {"none", "PerClassThreshold", "Focal", "Crt"}
    before, events = files(tmp_path / "run"), len(list(tmp_path.rglob("events.out.*")))
    launch(spec, tmp_path / "run", tmp_path / "cache")
    assert files(tmp_path / "run") == before
    launch(spec, tmp_path / "other", tmp_path / "cache")
    assert list(courses(Store(str(tmp_path / "other")))) == []
    assert len(list((tmp_path / "other/own").glob("*"))) == 6
    assert len(list((tmp_path / "run").rglob("events.out.*"))) == events


def test_a_tracker_that_breaks_costs_no_cell(tmp_path):
    spec = small(models=["mlp(epochs=2)"], strategies=["none"])
    plain = launch(spec, tmp_path / "plain", tmp_path / "cache1")
    broken = launch(
        {**spec, "track": ["own_trackers:Breaks", "lines(after=0)"]}, tmp_path / "broken",
        tmp_path / "cache2",
    )  # fmt: skip
    assert judged(plain).equals(judged(broken))
    (log,) = (tmp_path / "broken/cells").glob("*/log.txt")
    assert "tracking by Breaks stopped: ConnectionError: the server is gone" in log.read_text()
    (course,) = courses(Store(str(tmp_path / "broken")))
    assert len(course.points) == 2


def test_no_key_depends_on_what_tracks_and_names_are_checked_first(tmp_path):
    plans = [
        make_plan(load_suite(small(track=track)), {"own": table()})
        for track in ([], ["tensorboard"], ["lines(after=0)", "tensorboard"])
    ]
    assert len({tuple(cell.key for cell in plan.cells) for plan in plans}) == 1
    assert [plan.trackers for plan in plans] == [
        (Lines(),), (Lines(), Tensorboard()), (Lines(after=0), Tensorboard()),
    ]  # fmt: skip
    with pytest.raises(
        InputError, match="unknown tracker 'tensorbord'; did you mean 'tensorboard'"
    ):
        launch(small(track=["tensorbord"]), tmp_path / "run", tmp_path / "cache")
    with pytest.raises(InputError, match="give --out a folder"):
        launch(small(track=["tensorboard"]), "memory://far/run", tmp_path / "cache")
    assert not (tmp_path / "run").exists()


def test_curves_reach_a_store_that_is_no_folder(tmp_path):
    spec = small(models=["mlp(epochs=2)"], strategies=["none"], track=["lines(after=0)"])
    launch(spec, "memory://near/run", tmp_path / "cache")
    (course,) = courses(Store("memory://near/run"))
    assert course.ended == "done"


def test_a_run_that_was_killed_ends_with_the_curve_of_one_that_was_not(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard", reason="needs the extra track")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    monkeypatch.setattr("longshelf.experiment.work.resumable", resumable)
    script = str(Path(__file__).with_name("killed_training.py"))
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    done = subprocess.run(
        [sys.executable, script, str(killed), str(tmp_path / "cache1")], check=False
    )
    assert done.returncode == -signal.SIGKILL
    (course,) = courses(Store(str(killed)))
    assert (course.ended, course.last["epoch"]) == ("", 2)
    tracked(killed, tmp_path / "cache1")
    tracked(whole, tmp_path / "cache2")
    (course,), (other,) = courses(Store(str(killed))), courses(Store(str(whole)))
    assert course.ended == "done"
    assert [course.series(name) for name in ("loss", "valid", "rate", "epoch")] == [
        other.series(name) for name in ("loss", "valid", "rate", "epoch")
    ]
    assert len(course.points) == 3
    assert course.final == other.final
    events = []
    for folder in (killed, whole):
        (place,) = {path.parent for path in folder.rglob("events.out.*")}
        scalars = EventAccumulator(str(place)).Reload().Scalars("valid")
        events.append([(one.step, one.value) for one in scalars])
    assert events[0] == events[1]
    assert len(events[0]) == 3
