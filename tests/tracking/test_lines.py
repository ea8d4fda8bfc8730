"""What is written of a fit in the run's folder, and read back."""

import json
import math

import pytest
from shelf import Cell, course, home, told

from longshelf.curves import Point
from longshelf.experiment.store import Store
from longshelf.tracking import Lines
from longshelf.tracking.course import courses, under_way

ALL = Lines(after=0)


def lines(place):
    content = place.read(f"curves/{Cell().key}.jsonl")
    return [json.loads(line) for line in content.splitlines()]


@pytest.mark.parametrize("address", ["folder", "memory://far/run"])
def test_a_fit_is_read_back_as_it_was_told(tmp_path, address):
    place = home(tmp_path) if address == "folder" else Store(address)
    diary = ALL.begin(place, Cell())
    told(diary, course(1, 10))
    diary.finish("done", {"macro_f1/tail": 0.25})
    (found,) = courses(place)
    assert found.name == Cell().name
    assert found.series("loss") == (list(range(1, 11)), [1 / step for step in range(1, 11)])
    assert found.series("valid") == ([5, 10], [0.05, 0.1])
    assert found.told == ["loss", "valid"]
    assert (found.ended, found.final) == ("done", {"macro_f1/tail": 0.25})
    assert found.last | {"seconds": 0} == {
        "training": 1, "step": 10, "seconds": 0, "loss": 0.1, "rate": 0.1, "epoch": 2, "valid": 0.1,
    }  # fmt: skip


def test_short_fits_leave_nothing(tmp_path):
    place = home(tmp_path)
    for tracker, points in ((Lines(after=100), course(1, 10)), (ALL, ())):
        diary = tracker.begin(place, Cell())
        told(diary, points)
        diary.finish("done", {"macro_f1/tail": 0.25})
    assert list(courses(place)) == []


def test_what_a_resumed_fit_repeats_is_replaced_and_other_trainings_stay(tmp_path):
    place = home(tmp_path)
    diary = ALL.begin(place, Cell())
    told(diary, [*course(1, 8), *course(1, 6, training=2)])
    diary.finish("failed", {})
    again = ALL.begin(place, Cell())
    told(again, [*course(5, 8), *course(3, 10, training=2)])
    again.finish("done", {})
    points = [(line["training"], line["step"]) for line in lines(place) if "step" in line]
    assert sorted(points) == [(1, s) for s in range(1, 9)] + [(2, s) for s in range(1, 11)]
    assert [line["ended"] for line in lines(place) if "ended" in line] == ["done"]
    (found,) = courses(place)
    assert found.series("loss")[0] == list(range(1, 19))
    times = [point["seconds"] for point in found.points if point["training"] == 2]
    assert times == sorted(times)


def test_a_loss_that_is_not_finite_is_said_in_plain_json(tmp_path):
    place = home(tmp_path)
    diary = ALL.begin(place, Cell())
    told(diary, [Point(1, 1, {"loss": 2.0}), Point(1, 2, {"loss": math.nan})])
    diary.finish("done", {})
    assert lines(place)[2]["loss"] is None
    (found,) = courses(place)
    assert found.series("loss") == ([1], [2.0])


def test_a_torn_last_line_is_no_point(tmp_path):
    place = home(tmp_path)
    told(ALL.begin(place, Cell()), course(1, 4))
    file = tmp_path / f"run/curves/{Cell().key}.jsonl"
    file.write_bytes(file.read_bytes()[:-9])
    (found,) = courses(place)
    assert found.series("loss")[0] == [1, 2, 3]
    diary = ALL.begin(place, Cell())
    told(diary, course(5, 6))
    diary.finish("done", {})
    assert [line["step"] for line in lines(place) if "step" in line] == [1, 2, 3, 5, 6]


def test_cells_are_chosen_by_a_part_of_their_name(tmp_path):
    place = home(tmp_path)
    for number, strategy in enumerate(("none", "Smote(k=3)", "Focal")):
        diary = ALL.begin(place, Cell(strategy, key=f"{number}"))
        told(diary, course(1, 2))
        diary.finish("done", {})
    chosen = {pattern: [one.about["strategy"] for one in courses(place, pattern)]
              for pattern in ("", "smote", "时装*focal", "mlp")}  # fmt: skip
    assert chosen == {
        "": ["Focal", "Smote(k=3)", "none"], "smote": ["Smote(k=3)"], "时装*focal": ["Focal"],
        "mlp": [],
    }  # fmt: skip


def test_only_what_moves_is_under_way(tmp_path):
    place = home(tmp_path)
    open_one = ALL.begin(place, Cell("Focal", key="a"))
    told(open_one, course(1, 2))
    closed = ALL.begin(place, Cell(key="b"))
    told(closed, course(1, 2))
    closed.finish("done", {})
    assert [one.about["strategy"] for one in under_way(place.local, 0)] == ["Focal"]
    later = (tmp_path / "run/curves/a.jsonl").stat().st_mtime + 1
    assert under_way(place.local, later) == []
