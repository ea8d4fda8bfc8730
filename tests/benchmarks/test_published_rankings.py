"""The script that prints published figures: its protocols, and the figures themselves."""

import importlib.util
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import longshelf as ls
from longshelf.splits import Published
from longshelf.tasks import Rank

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "published_rankings.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("published_rankings", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["published_rankings"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def problem():
    draw = np.random.default_rng(0)
    frame = pl.DataFrame({"user": np.repeat(np.arange(30), 6), "item": draw.integers(40, size=180)})
    frame = frame.unique(maintain_order=True)
    split = np.where(draw.random(len(frame)) < 0.25, "test", "train")
    rows = frame.with_columns(split=pl.Series(split))
    return Rank(k=5).pose(ls.load(rows, user="user", item="item"))


@pytest.mark.parametrize("features", ["ids", "history"])
def test_a_case_learns_from_what_it_may_and_hides_what_is_known(script, problem, features):
    part = Published().assign(problem, 0)
    train, valid, test = (part.of(code) for code in range(3))
    case = script.case("beauty", "honest", problem, features, train, train | valid, test)
    assert len(case.rows) == train.sum()
    assert case.targets.natural.sum() == train.sum()
    assert case.seen.nnz + case.relevant.nnz <= len(problem.rows)
    assert case.seen.multiply(case.relevant).nnz == 0
    assert len(case.X_test) == len(np.unique(problem.rows.source[test]))
    assert case.X.shape[1] == (1 if features == "ids" else 50)
    if features == "history":
        held = [set(row[row > 0] - 1) for row in case.X_test]
        assert held == [set(row.indices) for row in case.seen]


def test_a_run_reports_figures_slices_and_cost(script, problem):
    part = Published().assign(problem, 0)
    train, valid, test = (part.of(code) for code in range(3))
    case = script.case("beauty", "published", problem, "ids", train, train | valid, test)
    told = script.run(case, "most_popular")
    assert 0 <= told["hit_rate@10"] <= 1
    assert told["published ndcg@10"] == 0.0068
    assert {"recall@10 head", "arp", "coverage", "peak GB", "seconds"} <= set(told)


@pytest.mark.real_data
@pytest.mark.skipif("LONGSHELF_DATA" not in os.environ, reason="LONGSHELF_DATA is not set")
@pytest.mark.parametrize("shop", ["beauty", "sports", "toys"])
def test_published_popularity_comes_out_only_by_counting_what_is_held_out(script, shop):
    honest, leaky = (
        script.run(c, "most_popular") for c in script.cases(shop, "ids", ["honest", "published"])
    )
    for metric in ("hit_rate@10", "ndcg@10"):
        assert round(leaky[metric], 4) == leaky[f"published {metric}"]
        assert honest[metric] < leaky[metric]


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.skipif("LONGSHELF_DATA" not in os.environ, reason="LONGSHELF_DATA is not set")
def test_item_knn_reaches_the_published_figures_on_gowalla(script):
    (case,) = script.cases("gowalla", "ids", ["published"])
    told = script.run(case, "item_knn")
    for metric in ("recall@20", "ndcg@20"):
        assert told[metric] == pytest.approx(told[f"published {metric}"], rel=0.01)
