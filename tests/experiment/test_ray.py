"""A local Ray cluster of two nodes: equal values, lost nodes, unreachable stores, Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import polars as pl
import psutil
import pytest
import small_suite
import yaml
from polars.testing import assert_frame_equal
from small_suite import judged, launch, suite, table

from longshelf.cache import Cache
from longshelf.errors import InputError, Unavailable
from longshelf.experiment.plan import make_plan
from longshelf.experiment.store import Store
from longshelf.experiment.suite import Resources, load_suite
from longshelf.experiment.work import Worker

ray = pytest.importorskip("ray", reason="the extra 'ray' is not installed")
cluster_utils = pytest.importorskip("ray.cluster_utils")

from longshelf.experiment.ray_executor import RayExecutor, code_of_package, reach  # noqa: E402

pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("ignore")]
TINY = {"models": ["logistic"], "seeds": 2, "rivals": False}


@pytest.fixture(scope="module")
def cluster():
    """Two nodes of one processor each; tests may add to them."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    head = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 80 * 2**20}
    made = cluster_utils.Cluster(initialize_head=True, head_node_args=head)
    made.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    yield made
    made.shutdown()


def over(cluster, **more):
    return RayExecutor(address=cluster.address, **{"patience": 5.0, **more})


@pytest.mark.slow
def test_two_nodes_give_the_values_of_one_process(cluster, tmp_path, undisturbed):
    heard = []
    results = launch(
        suite(), tmp_path / "run", tmp_path / "cache", executor=over(cluster),
        watch=lambda progress, report: heard.append((progress.left, report)),
    )  # fmt: skip
    assert results.cells["status"].to_list() == ["done"] * 68
    assert_frame_equal(judged(results), judged(undisturbed.results))
    assert [left for left, report in heard if report] == list(range(67, -1, -1))
    assert not list((tmp_path / "cache").glob(".reach-*"))
    assert not ray.is_initialized()


@pytest.mark.slow
def test_every_node_works_and_a_lost_one_is_made_up_for(cluster, tmp_path):
    traces = tmp_path / "traces"
    traces.mkdir()
    third = cluster.add_node(num_cpus=2, object_store_memory=80 * 2**20)
    strategies = [
        {"ray_remedies:Traced": {"folder": str(traces), "seconds": 2.0, "tag": tag}}
        for tag in range(8)
    ]
    lost = set()

    def pull_the_plug():
        end = time.monotonic() + 60
        while len(lost) < 2 and time.monotonic() < end:
            lost.update(tags(traces, third.node_id))
            time.sleep(0.05)
        cluster.remove_node(third, allow_graceful=False)

    plug = threading.Thread(target=pull_the_plug)
    plug.start()
    spec = suite(**{**TINY, "seeds": 1}, strategies=strategies)
    results = launch(spec, tmp_path / "run", tmp_path / "cache", executor=over(cluster))
    plug.join()
    assert results.cells["status"].to_list() == ["done"] * 8
    nodes = {trace.name.split("-")[0] for trace in traces.iterdir()}
    assert len(nodes) == 3
    assert len(lost) == 2
    assert lost <= set.union(*(tags(traces, node) for node in nodes - {third.node_id}))
    what = ["decision", "metric", "slice_axis", "slice"]
    alike = results.values.group_by(what).agg(pl.col("value").n_unique(), pl.len())
    assert set(alike["value"]) == {1}
    assert set(alike["len"]) == {8}


def tags(traces, node):
    """Which of the jobs left a trace on a node."""
    found = (trace.name.split("-") for trace in traces.iterdir())
    return {tag for where, tag in found if where == node}


@pytest.mark.slow
def test_a_job_that_kills_its_process_fails_with_a_reason_and_stops_nothing(cluster, tmp_path):
    strategies = ["own_remedies:Crashes", "own_remedies:Raises", "Crt", "none"]
    spec = suite(**{**TINY, "seeds": 1}, strategies=strategies)
    results = launch(spec, tmp_path / "run", tmp_path / "cache", executor=over(cluster))
    said = {row["strategy"]: row for row in results.cells.to_dicts()}
    assert {name: row["status"] for name, row in said.items()} == {
        "own_remedies:Crashes": "failed", "own_remedies:Raises": "failed",
        "Crt": "not applicable", "none": "done",
    }  # fmt: skip
    assert "its node or process was lost twice" in said["own_remedies:Crashes"]["reason"]
    assert said["own_remedies:Raises"]["reason"] == "ZeroDivisionError: rows weigh nothing"


@pytest.mark.slow
def test_what_no_node_offers_is_said_with_what_the_nodes_have(cluster, tmp_path):
    executor = over(cluster, patience=1.0, resources={"logistic": Resources(cpus=1, gpus=2)})
    spec = suite(**TINY, strategies=["none"])
    with pytest.raises(Unavailable, match=r"1 cpus, 2 gpus.*the nodes have: 1 cpus, 0 gpus"):
        launch(spec, tmp_path / "run", tmp_path / "cache", executor=executor)


@pytest.mark.slow
def test_a_store_in_the_memory_of_the_driver_is_refused(cluster, tmp_path):
    spec = suite(**TINY, strategies=["none"])
    with pytest.raises(
        Unavailable, match=r"does not reach the store memory://here.*--out a folder"
    ):
        launch(spec, "memory://here", tmp_path / "cache", executor=over(cluster))


def test_a_node_without_the_cache_or_with_other_code_is_refused(tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / ".reach-1").touch()
    store = Store(str(tmp_path / "run"))
    worker = Worker({}, store, Cache(tmp_path / "cache"))
    with pytest.raises(Unavailable, match="does not reach the store"):
        reach(worker, ".reach-1", code_of_package())
    store.put("suite.yaml", b"name: here")
    reach(worker, ".reach-1", code_of_package())
    elsewhere = replace(worker, cache=Cache(tmp_path / "other"))
    with pytest.raises(Unavailable, match=r"does not reach the cache .*LONGSHELF_CACHE"):
        reach(elsewhere, ".reach-1", code_of_package())
    with pytest.raises(Unavailable, match="runs other code of longshelf"):
        reach(worker, ".reach-1", "other")


def test_each_cell_takes_what_the_suite_says_of_its_model():
    spec = suite(
        strategies=["none"],
        resources={"logistic": {"cpus": 2, "gpus": 0.5}, "all": {"memory_gb": 3}},
    )
    plan = make_plan(load_suite(spec), {"own": table()})
    executor = RayExecutor(resources=plan.suite.resources)
    asked = {type(job[0].model).__name__: executor.needs(job) for job in plan.jobs}
    assert asked["Logistic"] == Resources(cpus=2, gpus=0.5)
    assert asked["NearestCentroid"] == asked["Majority"] == Resources(memory_gb=3)
    with pytest.raises(InputError, match="did you mean 'logistic'"):
        RayExecutor(resources={"logistc": Resources()})
    with pytest.raises(InputError, match="did you mean 'cpus'"):
        load_suite(suite(resources={"all": {"cpu": 2}}))


def test_cluster_flags_without_a_cluster_are_refused(tmp_path, capsys, monkeypatch):
    from longshelf.cli import main

    (tmp_path / "own.yaml").write_text(yaml.safe_dump({"datasets": ["marketplace(items=50)"]}))
    asked = ["run", str(tmp_path / "own.yaml"), "--cpus", "2", "--memory-gb", "4"]
    monkeypatch.setattr(sys, "argv", ["longshelf", *asked])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "--cpus, --memory-gb only mean something on a cluster" in capsys.readouterr().err


@pytest.mark.slow
def test_no_cluster_at_an_address_is_said(tmp_path):
    spec = suite(**TINY, strategies=["none"])
    with pytest.raises(Unavailable, match=r"no Ray cluster answers at '127.0.0.1:1'"):
        launch(
            spec, tmp_path / "run", tmp_path / "cache",
            executor=RayExecutor(address="127.0.0.1:1"),
        )  # fmt: skip


@pytest.mark.slow
def test_ctrl_c_leaves_with_130_keeps_what_is_done_and_idles_the_cluster(cluster, tmp_path):
    table().rows.write_csv(tmp_path / "own.csv")
    spec = {
        **suite(seeds=2, strategies=["none", "own_remedies:Slow(seconds=0.5)"]),
        "datasets": [{"own": {"path": str(tmp_path / "own.csv"), "label": "label"}}],
    }
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(spec))
    process = subprocess.Popen(
        [sys.executable, "-c", "from longshelf.cli import main; main()", "run", "own.yaml",
         "--out", "kept", "--executor", "ray", "--address", cluster.address],
        cwd=tmp_path, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**os.environ, "PYTHONPATH": str(Path(small_suite.__file__).parent),
                        "LONGSHELF_CACHE": str(tmp_path / "cache")},
    )  # fmt: skip
    cells, end = tmp_path / "kept" / "cells", time.monotonic() + 60
    while len(list(cells.glob("[0-9a-f]*"))) < 2 and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "what is done is kept" in said
    kept = len(list(cells.glob("[0-9a-f]*")))
    assert 2 <= kept < 14
    time.sleep(1.5)
    assert len(list(cells.glob("[0-9a-f]*"))) - kept <= 2
    working = [one for one in psutil.process_iter(["cmdline"]) if "own/" in " ".join(one.info["cmdline"] or [])]  # fmt: skip
    assert not working
