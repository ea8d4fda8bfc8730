"""What a training tells: the numbers of its history, the same after a stop, and nothing unheard."""

import numpy as np
import pytest
from stopped import SMALL, scores, stopping

import longshelf as ls
from longshelf.cache import Cache
from longshelf.curves import Curve, listening, telling
from longshelf.recipe import Schedule
from longshelf.unfinished import Unfinished, resumable


def fitted(folder, strategy="none"):
    shop = ls.load("marketplace(items=400, imbalance=10)")
    arm = ls.fit(shop, features="words", model=SMALL, strategy=strategy, cache=Cache(folder))
    return arm.learned.fitted


def test_epochs_are_told_as_the_history_keeps_them(tmp_path):
    heard = []
    with telling(heard.append):
        history = fitted(tmp_path).history
    assert len(history) == 3
    assert [p.values["loss"] for p in heard] == [one["loss"] for one in history]
    assert [p.values["valid"] for p in heard] == [one["valid"] for one in history]
    assert [p.step for p in heard] == np.cumsum([one["steps"] for one in history]).tolist()
    assert [p.values["epoch"] for p in heard] == [1, 2, 3]


def test_long_epochs_are_told_in_between(tmp_path):
    heard = []
    with telling(heard.append, every=0):
        history = fitted(tmp_path).history
    inside = [p for p in heard if "valid" not in p.values]
    steps = int(sum(one["steps"] for one in history))
    assert [p.step for p in inside] == list(range(1, steps + 1))
    last = {p.step: p.values["loss"] for p in inside}
    ends = np.cumsum([one["steps"] for one in history]).tolist()
    assert [last[end] for end in ends] == pytest.approx([one["loss"] for one in history])
    peak = inside[0].values["rate"] / Schedule(steps, 0.0)(1)
    rates = [peak * Schedule(steps, 0.0)(step) for step in range(1, steps + 1)]
    assert [p.values["rate"] for p in inside] == pytest.approx(rates)
    assert inside[0].values["epoch"] == pytest.approx(1 / history[0]["steps"])


def test_listening_changes_no_score(tmp_path):
    quiet = scores(tmp_path)
    with telling(lambda point: None, every=0):
        assert np.array_equal(scores(tmp_path), quiet)


def test_nothing_is_told_where_nobody_listens(tmp_path, monkeypatch):
    monkeypatch.setattr(Curve, "tell", lambda *_, **__: pytest.fail("told"))
    assert listening() is None
    scores(tmp_path)


def test_stages_go_on_and_members_of_an_ensemble_are_numbered(tmp_path):
    heard = []
    with telling(heard.append):
        fitted(tmp_path, "Crt")
    assert {p.training for p in heard} == {1}
    steps = [p.step for p in heard]
    assert steps == sorted(set(steps))
    heard.clear()
    with telling(heard.append):
        fitted(tmp_path, "EasyEnsemble(members=3)")
    assert sorted({p.training for p in heard}) == [1, 2, 3]


def test_a_resumed_training_tells_what_is_left_of_the_same_course(tmp_path, monkeypatch):
    whole = []
    with telling(whole.append, every=0):
        scores(tmp_path)

    class Killed(Exception):
        pass

    def killed():
        raise Killed

    first, rest = [], []
    with monkeypatch.context() as patch:
        patch.setattr(Unfinished, "save", stopping(6, killed))
        with pytest.raises(Killed), resumable(tmp_path / "here", every=0), telling(first.append, 0):
            scores(tmp_path)
    with resumable(tmp_path / "here", every=0), telling(rest.append, every=0):
        scores(tmp_path)
    assert first == whole[: len(first)]
    assert rest == whole[len(first) :]
