"""Splits that differ in what is asked share one learner; the rest of the engine notices nothing."""

import numpy as np
import polars as pl
import pytest
from small_suite import judged, launch

import longshelf as ls
import longshelf.experiment.work as work
from longshelf.experiment.plan import make_plan
from longshelf.experiment.suite import Suite

SHIFTS = ["shifted", "shifted(shift='order')"]


def texts():
    rng = np.random.default_rng(0)
    kinds = np.repeat(["shoe", "watch", "dress"], [90, 45, 15])
    colours = rng.choice(["crimson", "turquoise", "golden"], len(kinds))
    titles = [f"{c} {k} {n}" for c, k, n in zip(colours, kinds, rng.integers(400, size=150))]
    return ls.load(pl.DataFrame({"title": titles, "kind": kinds}), label="kind", text="title")


def spec(strategies, splits=("stratified", *SHIFTS), **changed):
    first, *others = splits
    return {
        "name": "shifts", "datasets": ["own"], "seeds": 2, "features": ["tf_idf"],
        "models": ["mlp(epochs=2, hidden=8)"], "rivals": False, "strategies": strategies,
        "split": first, "also": [{"split": other} for other in others], **changed,
    }  # fmt: skip


@pytest.fixture
def fits(monkeypatch):
    """How often something was fitted."""
    fitted = []
    learn = work.learn

    def counting(*given):
        fitted.append(given)
        return learn(*given)

    monkeypatch.setattr(work, "learn", counting)
    return fitted


def run(tmp_path, name, given, **more):
    return launch(
        given, tmp_path / name, tmp_path / f"cache-{name}", datasets={"own": texts()}, **more
    )


def test_shifts_share_the_learner_of_their_split(tmp_path, fits):
    strategies = ["none", "LogitAdjusted", "PerClassThreshold"]
    heard = []
    results = run(
        tmp_path, "together", spec(strategies), watch=lambda _, report: heard.append(report)
    )
    assert len(fits) == 2 * 2
    assert results.cells["status"].to_list() == ["done"] * 2 * 3 * 3
    assert sum(report.fitted for report in heard) == 2 * 3
    alone = [judged(run(tmp_path, name, spec(strategies, (name,)))) for name in SHIFTS]
    assert len(fits) == 4 + 2 * 4
    together = judged(results).filter(pl.col("split") != "stratified")
    for apart in alone:
        split = apart["split"][0]
        assert together.filter(split=split).equals(apart)


def test_a_shift_that_comes_later_fits_once_more_and_gives_the_same(tmp_path, fits):
    run(tmp_path, "home", spec(["none"], ("stratified",)))
    assert len(fits) == 2
    results = run(tmp_path, "home", spec(["none"]))
    assert len(fits) == 4
    whole = run(tmp_path, "whole", spec(["none"]))
    assert judged(results).equals(judged(whole))


def test_generated_rows_keep_away_from_the_texts_asked_about(tmp_path, fits):
    run(tmp_path, "expanded", spec(["Expand(generator='eda', to=40)"], seeds=1))
    assert len(fits) == 3


def test_a_shift_that_does_not_apply_stops_no_other(tmp_path):
    splits = ("stratified", "shifted(shift='swaps')", *SHIFTS)
    results = run(tmp_path, "run", spec(["none"], splits, seeds=1))
    said = dict(results.cells.select("split", "status").iter_rows())
    assert said.pop("shifted(shift='swaps')") == "not applicable"
    assert set(said.values()) == {"done"}


def test_keys_tell_learner_and_question_apart():
    plan = make_plan(Suite.model_validate(spec(["none"], seeds=1)), {"own": texts()})
    assert len(plan.jobs) == 1
    plain, *shifted = plan.cells
    assert {cell.learn_key for cell in plan.cells} == {plain.fit_key}
    assert len({cell.fit_key for cell in plan.cells}) == 3
    draws = [cell.rng.integers(2**60) for cell in plan.cells]
    assert len(set(draws)) == 1
    assert len(shifted) == 2
