"""Resume, amend, fail, give up, stop in time; and where a suite may be stored."""

import os
import sys
from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_suite import judged, launch, suite, table

import longshelf as ls
import longshelf.experiment.work as work
from longshelf.errors import InputError
from longshelf.experiment.cell import Cell
from longshelf.experiment.estimate import estimate
from longshelf.experiment.executor import LocalExecutor
from longshelf.experiment.plan import make_plan
from longshelf.experiment.store import Store
from longshelf.experiment.suite import Suite
from longshelf.results import Results

TINY = {"models": ["logistic"], "seeds": 1, "rivals": False}


@pytest.fixture
def fits(monkeypatch):
    """The strategies that were fitted, in order."""
    fitted = []
    learn = work.learn

    def counting(parts, features, model, strategy, *rest):
        fitted.append(repr(strategy))
        return learn(parts, features, model, strategy, *rest)

    monkeypatch.setattr(work, "learn", counting)
    return fitted


def reasons(results):
    return dict(results.cells.select("strategy", "reason").iter_rows())


def statuses(results):
    return dict(results.cells.select("strategy", "status").iter_rows())


def test_every_cell_is_done_once_and_post_hoc_remedies_share_fits(tmp_path, fits):
    heard = []
    strategies = ["none", "PerClassThreshold", "PostHocLogitAdjustment", "InverseFrequency"]
    spec = suite(**TINY, strategies=strategies)
    results = launch(
        spec, tmp_path / "run", tmp_path / "cache", watch=lambda _, report: heard.append(report)
    )
    assert results.cells["status"].to_list() == ["done"] * 4
    assert fits == ["Strategy()", "InverseFrequency(gamma=1.0)"]
    assert sorted(report.cell for report in heard) == sorted(results.cells["cell"])
    assert results.cells["peak_mb"].min() > 10
    assert results.cells["parameters"].min() > 0
    assert results.cells["seconds"].min() > 0
    names = ["cell", "dataset", "task", "split", "features", "model", "strategy", "seed",
             "decision", "metric", "slice_axis", "slice", "value", "low", "high", "support"]  # fmt: skip
    assert results.values.columns == names
    assert not results.values.select(*names[:1], *names[8:12]).is_duplicated().any()


def of_a_shop(**changed):
    """Three seeds on interactions, and the data they are about."""
    spec = {
        "name": "shop", "datasets": ["shop"], "task": {"rank": {"k": 10, "depth": 50}},
        "split": "leave_last_out", "seeds": 3, "features": ["ids"], "models": ["item_knn"],
        "strategies": ["none"], "rivals": False,
    }  # fmt: skip
    shop = ls.load("marketplace(problem='interactions', users=80, items=100)")
    return {**spec, **changed}, {"shop": shop}


def test_a_fit_without_chance_serves_every_seed(tmp_path, fits):
    models = ["item_knn", "matrix_factorisation(epochs=1, width=4)"]
    spec, datasets = of_a_shop(models=models, strategies=["none", "XQuad"])
    results = launch(spec, tmp_path / "run", tmp_path / "cache", datasets=datasets)
    assert len(fits) == 1 + 3
    assert results.cells["status"].to_list() == ["done"] * 12
    primary = results.values.filter(
        pl.col("metric") == results.about["primary"], pl.col("slice") == "all"
    )
    by_seed = primary.group_by("model", "strategy").agg(pl.col("seed", "value").n_unique())
    assert by_seed["seed"].to_list() == [3] * 4
    knn = pl.col("model").str.starts_with("item_knn")
    assert by_seed.filter(knn)["value"].to_list() == [1, 1]
    assert by_seed.filter(~knn)["value"].max() == 3


@pytest.mark.parametrize(
    ("fitted", "changed"),
    [
        (1, {}),
        (1, {"strategies": ["none", "XQuad"]}),
        (1, {"split": "published(peeking=True)"}),
        (3, {"split": "published"}),
        (3, {"split": "per_user_ratio"}),
        (3, {"models": ["random_ranking"]}),
        (3, {"strategies": ["InverseFrequency"]}),
        (3, {"task": "feedback_loop"}),
    ],
)
def test_only_what_reads_the_seed_is_fitted_for_each(fitted, changed):
    spec, datasets = of_a_shop(**changed)
    plan = make_plan(Suite.model_validate(spec), datasets)
    assert len(plan.jobs) == len({cell.fit_key for cell in plan.cells}) == fitted
    assert len({cell.key for cell in plan.cells}) == 3 * len(spec["strategies"])


def test_running_again_runs_nothing(undisturbed, fits):
    heard = []
    stamp = (undisturbed.folder / "environment.json").stat().st_mtime_ns
    again = launch(
        suite(), undisturbed.folder, undisturbed.cache,
        watch=lambda _, report: heard.append(report),
    )  # fmt: skip
    assert heard == []
    assert fits == []
    assert_frame_equal(again.values, undisturbed.results.values)
    assert (undisturbed.folder / "environment.json").stat().st_mtime_ns == stamp


def test_amending_runs_only_what_is_new(tmp_path, fits):
    folder, cache = tmp_path / "run", tmp_path / "cache"
    launch(suite(**TINY, strategies=["none"]), folder, cache)
    assert fits == ["Strategy()"]
    heard = []

    def watch(_, report):
        heard.append(report.cell.split("/", 5)[-1])

    more = suite(**TINY, strategies=["none", "PerClassThreshold"])
    results = launch(more, folder, cache, watch=watch)
    assert (fits, heard) == (["Strategy()"], ["PerClassThreshold/seed0"])
    assert results.cells.height == 2
    seeds = suite(**{**TINY, "seeds": 2}, strategies=["none", "PerClassThreshold"])
    results = launch(seeds, folder, cache, watch=watch)
    assert len(fits) == 2
    assert sorted(heard[1:]) == ["PerClassThreshold/seed1", "none/seed1"]
    assert results.cells.height == 4
    fewer = launch(suite(**TINY, strategies=["none"]), folder, cache, watch=watch)
    assert (fewer.cells.height, len(heard)) == (1, 3)


def test_a_stored_fit_serves_another_folder_with_the_same_values(tmp_path, undisturbed, fits):
    spec = suite(**TINY, strategies=["none", "InverseFrequency"])
    results = launch(spec, tmp_path / "run", undisturbed.cache)
    assert fits == []
    before = undisturbed.results.values.filter(
        pl.col("cell").is_in(results.cells["cell"].to_list())
    )
    assert_frame_equal(judged(results), before.sort(
        "cell", "decision", "metric", "slice_axis", "slice", maintain_order=True
    ))  # fmt: skip


def test_failed_not_applicable_and_crashed_cells_have_reasons_and_stop_nothing(tmp_path):
    strategies = ["none", "own_remedies:Raises", "own_remedies:Crashes", "Crt", "InverseFrequency"]
    spec = suite(**TINY, strategies=strategies)
    results = launch(spec, tmp_path / "run", tmp_path / "cache", workers=2)
    assert statuses(results) == {
        "none": "done",
        "InverseFrequency": "done",
        "own_remedies:Raises": "failed",
        "own_remedies:Crashes": "failed",
        "Crt": "not applicable",
    }
    said = reasons(results)
    assert said["own_remedies:Raises"] == "ZeroDivisionError: rows weigh nothing"
    assert "killed" in said["own_remedies:Crashes"]
    assert "hook" in said["Crt"]
    assert set(results.values["strategy"]) == {"none", "InverseFrequency"}
    logs = [place.read_text() for place in (tmp_path / "run" / "cells").glob("*/log.txt")]
    assert sum("rows weigh nothing" in log and "Traceback" in log for log in logs) == 1
    assert not any("NoneType: None" in log for log in logs)


def test_retry_runs_failed_cells_again_and_the_results_follow(tmp_path):
    needed = tmp_path / "needed"
    strategies = ["none", {"own_remedies:Fickle": {"needs": str(needed)}}]
    spec = suite(**TINY, strategies=strategies)
    first = launch(spec, tmp_path / "run", tmp_path / "cache")
    assert sorted(first.cells["status"]) == ["done", "failed"]
    needed.touch()
    heard = []
    left = launch(
        spec, tmp_path / "run", tmp_path / "cache", watch=lambda _, report: heard.append(report)
    )
    assert (heard, sorted(left.cells["status"])) == ([], ["done", "failed"])
    mended = launch(
        spec, tmp_path / "run", tmp_path / "cache", retry=True,
        watch=lambda _, report: heard.append(report),
    )  # fmt: skip
    assert len(heard) == 1
    assert mended.cells["status"].to_list() == ["done", "done"]
    assert mended.values["strategy"].n_unique() == 2


def test_a_strategy_that_acts_in_and_after_the_fit_does_both(tmp_path):
    spec = suite(**TINY, strategies=["none", "own_remedies:Both"])
    results = launch(spec, tmp_path / "run", tmp_path / "cache")
    recall = results.per_target.filter(
        pl.col("strategy") == "own_remedies:Both", pl.col("decision") == "argmax"
    )
    assert dict(recall.select("target", "recall").iter_rows()) == {
        "c0": 0.0, "c1": 0.0, "c2": 0.0, "c3": 0.0, "c4": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize("scheme", ["memory", "file"])
def test_any_address_holds_a_suite(tmp_path, scheme):
    address = f"file://{tmp_path}/run" if scheme == "file" else f"memory://{tmp_path.name}"
    spec = suite(**TINY, strategies=["none", "PerClassThreshold"])
    first = launch(spec, address, tmp_path / "cache")
    heard = []
    again = launch(spec, address, tmp_path / "cache", watch=lambda _, report: heard.append(report))
    assert heard == []
    assert_frame_equal(again.values, first.values)
    assert first.cells["status"].to_list() == ["done"] * 2
    assert_frame_equal(Results.read(address).values, first.values)
    store = Store(address)
    assert b"PerClassThreshold" in (store.read("suite.yaml") or b"")
    key = next(iter(store.done()))
    store.drop(key)
    assert key not in store.done()
    assert not [name for name in os.listdir() if name.startswith("memory:")]


@pytest.mark.parametrize("loaded", [True, False])
def test_a_run_leaves_the_threads_of_its_process_as_they_were(tmp_path, monkeypatch, loaded):
    torch = pytest.importorskip("torch")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("LONGSHELF_THREADS", raising=False)
    inside = []

    def watch(_, report):
        if report is not None:
            monkeypatch.setitem(sys.modules, "torch", torch)
            inside.append((os.environ["LONGSHELF_THREADS"], os.environ["OMP_NUM_THREADS"]))

    torch.set_num_threads(1)
    if not loaded:
        monkeypatch.delitem(sys.modules, "torch")
    spec = suite(**TINY, strategies=["none"])
    executor = LocalExecutor(workers=1, threads=2)
    launch(spec, tmp_path / "run", tmp_path / "cache", executor=executor, watch=watch)
    assert inside == [("2", "2")]
    assert os.environ["OMP_NUM_THREADS"] == "1"
    assert "LONGSHELF_THREADS" not in os.environ
    assert torch.get_num_threads() == 1


def test_the_deadline_stops_early_and_the_next_run_goes_on(tmp_path):
    spec = suite(
        models=["logistic"], rivals=False, seeds=3, strategies=["none", "InverseFrequency"]
    )
    early = launch(spec, tmp_path / "run", tmp_path / "cache", seconds=0.0)
    assert early.cells.height == 1
    rest = launch(spec, tmp_path / "run", tmp_path / "cache")
    assert rest.cells["status"].to_list() == ["done"] * 6


def test_the_plan_names_each_cell_once_and_estimates_from_like_cells(undisturbed):
    spec = Suite.model_validate(
        {**suite(), "also": [{"strategies": ["none", "Focal"], "seeds": 2}]}
    )
    plan = make_plan(spec, {"own": table()})
    assert len(plan.cells) == 68 + 4
    assert len({cell.key for cell in plan.cells}) == 72
    assert len({cell.name for cell in plan.cells}) == 72
    assert [cell.seed for cell in plan.cells] == sorted(cell.seed for cell in plan.cells)
    done = Store(str(undisturbed.folder)).done()
    assert "minutes on" in estimate(plan, done)
    assert "like" in estimate(plan, {})


def test_keys_follow_what_matters(undisturbed):
    plan = make_plan(Suite.model_validate(suite()), {"own": table()})
    cells = {(show.rsplit("/", 2)[-2], cell.seed): cell for cell in plan.cells
             if "logistic" in (show := cell.name)}  # fmt: skip
    plain, threshold = cells["none", 0], cells["PerClassThreshold", 0]
    weighted = cells["InverseFrequency", 0]
    assert plain.fit_key == threshold.fit_key != weighted.fit_key
    assert plain.key != threshold.key
    costly = replace(plain.task, costs=((0, 1), (2, 0)))
    assert replaced(plain, task=costly).fit_key == plain.fit_key
    assert replaced(plain, task=costly).key != plain.key
    for change in ({"seed": 9}, {"fingerprint": "other"}, {"split": replace(plain.split, test=0.3)},
                   {"task": replace(plain.task, label="side")}):  # fmt: skip
        assert replaced(plain, **change).fit_key != plain.fit_key
    assert replaced(plain, rule="count").fit_key == plain.fit_key
    assert replaced(plain, rule="count").key != plain.key


def replaced(cell, **changed):
    kept = {name: getattr(cell, name) for name in Cell.__dataclass_fields__}
    return Cell(**{**kept, **changed})


def test_wrong_labels_and_names_are_said_before_anything_runs(tmp_path):
    with pytest.raises(InputError, match="did you mean 'label'"):
        launch(suite(task={"classify": {"label": "labell"}}), tmp_path / "run", tmp_path / "cache")
    with pytest.raises(InputError, match="did you mean 'Smote'"):
        launch(suite(strategies=["Smoet"]), tmp_path / "run", tmp_path / "cache")
    with pytest.raises(InputError, match="names no cells"):
        launch(suite(strategies=[], rivals=False), tmp_path / "run", tmp_path / "cache")
    assert not (tmp_path / "run").exists()


def test_two_files_of_one_name_are_refused(tmp_path):
    for folder, text in (("a", "x,label\n1,u\n2,v\n"), ("b", "x,label\n3,u\n2,v\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "shop.csv").write_text(text)
    data = [{"own": {"path": str(tmp_path / n / "shop.csv"), "label": "label"}} for n in "ab"]
    with pytest.raises(InputError, match="two data sets of this suite are called 'shop'"):
        launch(suite(datasets=data), tmp_path / "run", tmp_path / "cache")


def test_a_broken_cell_in_the_store_is_named(tmp_path):
    launch(suite(**TINY, strategies=["none"]), tmp_path / "run", tmp_path / "cache")
    (place,) = (tmp_path / "run" / "cells").iterdir()
    about = (place / "cell.json").read_text()
    store = Store(str(tmp_path / "run"))
    store.write(place.name, {"status": "other"}, {})
    assert (place / "cell.json").read_text() == about
    with store.lock("a") as mine, store.lock("a") as other, store.lock("b") as third:
        assert (mine, other, third) == (True, False, True)
    with store.lock("a") as again:
        assert again
