"""The quick way on interactions and judgements: what it asks, and that it ends in a verdict."""

import sys

import numpy as np
import polars as pl
import pytest

from longshelf.cli import main
from longshelf.errors import InputError
from longshelf.experiment.executor import LocalExecutor
from longshelf.experiment.run import run
from longshelf.loading import load
from longshelf.quickway import lists, quick_suite
from longshelf.report import plain_words
from longshelf.tables import Card, Dataset, Schema

RERANKED = ["none", "PopularityDiscount", "CalibratedPopularity"]


def log(n=3000, users=60, items=80, timed=True):
    """Two tastes: even users take even items, the low numbers more often."""
    rng = np.random.default_rng(0)
    user = rng.integers(0, users, n)
    item = np.minimum(rng.geometric(0.06, n) * 2, items - 2) + user % 2
    frame = pl.DataFrame({"u": [f"u{k}" for k in user], "i": [f"i{k}" for k in item],
                          "t": np.arange(n)})  # fmt: skip
    return load(frame, user="u", item="i", **({"time": "t"} if timed else {}))


def judged(texts=True):
    queries = [f"{kind} hat {k}" for k in range(8) for kind in ("warm", "straw", "felt")]
    rows = [
        (query, f"p{j}", 2.0 if query.split()[0] in ("warm", "straw", "felt")[j % 3] else 0.0)
        for query in queries
        for j in range(12)
    ]
    frame = pl.DataFrame(rows, schema=["q", "i", "g"], orient="row")
    table = pl.DataFrame(
        {"i": [f"p{j}" for j in range(12)],
         "text": [f"{('warm', 'straw', 'felt')[j % 3]} hat number {j}" for j in range(12)]}
    )  # fmt: skip
    return load(frame, query="q", item="i", grade="g", targets=table if texts else None)


def test_interactions_in_time_are_ranked_on_the_future():
    suite = quick_suite(log(), "2m")
    assert (suite.task, suite.split, suite.features, suite.seeds) == (
        {"rank": {}}, "by_time", ["ids"], 3,
    )  # fmt: skip
    assert suite.models == ["item_knn", "ease"]
    assert suite.strategies == RERANKED
    (block,) = suite.also
    assert block.models == ["matrix_factorisation"]
    assert block.strategies == [*RERANKED, "LogitAdjusted(tau=0.5)"]


def test_without_a_time_the_last_row_of_each_user_judges():
    assert quick_suite(log(timed=False), "2m").split == "leave_last_out"
    days = log().rows.with_columns(t=pl.col("t") // 500)
    assert quick_suite(load(days, user="u", item="i", time="t"), "2m").split == "leave_last_out"


def test_nothing_can_be_held_out_of_single_rows():
    frame = pl.DataFrame({"u": list("abcd"), "i": list("xyxy")})
    with pytest.raises(InputError, match="three rows"):
        quick_suite(load(frame, user="u", item="i"), "2m")


def test_judgements_with_texts_become_search():
    suite = quick_suite(judged(), "2m")
    assert (suite.task, suite.split, suite.features) == ({"search": {}}, "by_query", ["words"])
    assert suite.models == ["bm25", "dense_retrieval", "hybrid"]
    assert suite.also == []


def test_judgements_without_texts_are_learned_from_known_queries():
    suite = quick_suite(judged(texts=False), "2m")
    assert (suite.task, suite.split, suite.features) == (
        {"search": {}}, "leave_last_out", ["ids"],
    )  # fmt: skip


def large(users, items, rows):
    """A log of that size without its rows."""
    return lists._Log(rows=rows, sources=users, items=items, pairs=rows**2 / users)


def test_large_catalogues_give_up_ease_and_the_trained_factors(monkeypatch):
    monkeypatch.setattr(lists, "cores", lambda: 2)
    monkeypatch.setattr(lists, "find_spec", lambda name: name)
    small = large(1000, 500, 20_000)
    assert lists._learners(small, 120) == ["item_knn", "matrix_factorisation", "ease"]
    shop = large(4338, 3659, 396_337)
    assert lists._learners(shop, 120) == ["item_knn", "implicit_als", "ease"]
    assert lists._learners(large(4338, 20_001, 396_337), 3600)[-1] != "ease"
    monkeypatch.setattr(lists, "find_spec", lambda name: None)
    assert lists._learners(shop, 120)[1] == "matrix_factorisation"
    assert lists._affordable(["item_knn", "matrix_factorisation"], small, 120) == (["item_knn"], 3)


def test_less_time_means_fewer_models_then_one_seed(monkeypatch):
    monkeypatch.setattr(lists, "cores", lambda: 1)
    monkeypatch.setattr(lists, "find_spec", lambda name: name)
    shop, wanted = large(4338, 3659, 396_337), ["item_knn", "implicit_als", "ease"]
    sizes = [lists._affordable(wanted, shop, seconds) for seconds in (10, 60, 600)]
    assert sizes[0] == (["item_knn"], 1)
    assert sizes[2] == (wanted, 3)
    counted = [len(models) * seeds for models, seeds in sizes]
    assert counted == sorted(counted)


def test_costs_are_for_labels():
    with pytest.raises(InputError, match="two classes of a label"):
        quick_suite(log(), "2m", miss=20.0, false_alarm=1.0)


def test_a_label_keeps_the_quick_way_of_classes():
    frame = log().rows.with_columns(bought=pl.Series([1, 0, 0] * 1000))
    schema = Schema(label=("bought",), user="u", item="i", numeric=("t",))
    data = Dataset(name="own", rows=frame, schema=schema, card=Card(title="own", licence="own"))
    assert quick_suite(data, "2m").task == {"classify": {}}


def test_the_quick_way_ends_in_plain_words(tmp_path):
    data = log()
    suite = quick_suite(data, "2m").model_copy(update={"models": ["item_knn"], "also": []})
    results = run(
        suite, folder=str(tmp_path / "run"), datasets={data.name: data},
        executor=LocalExecutor(workers=1),
    )  # fmt: skip
    assert set(results.cells["status"]) == {"done"}
    words = plain_words(results.comparisons, results.cells, results.about["primary"])
    assert len(words) == 1
    assert "item_knn" in words[0]


def test_the_command_line_plans_lists_for_users(tmp_path, capsys, monkeypatch):
    path = tmp_path / "visits.csv"
    log().rows.write_csv(path)
    asked = [
        "run",
        path,
        "--user",
        "u",
        "--item",
        "i",
        "--time",
        "t",
        "--within",
        "2m",
        "--dry-run",
    ]
    monkeypatch.setattr(sys, "argv", ["longshelf", *map(str, asked)])
    with pytest.raises(SystemExit) as leaving:
        main()
    assert not leaving.value.code
    planned = capsys.readouterr().out
    for arm in ("item_knn/PopularityDiscount", "ease/none", "most_popular/none"):
        assert f"visits/rank/by_time/ids/{arm}/seed2" in planned
