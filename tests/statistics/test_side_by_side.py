"""Two strategies or two learners side by side, against SciPy's paired test."""

from __future__ import annotations

from itertools import product

import numpy as np
import polars as pl
import pytest
from scipy.stats import ttest_rel

from longshelf.errors import InputError
from longshelf.results import Results

SPLITS = ("stratified", "shifted")
LEARNERS = (("words", "full"), ("words", "lora"), ("tf_idf", "linear"), ("minilm", "linear"))
STRATEGIES = ("none", "Focal")


def results(splits=SPLITS) -> Results:
    rng = np.random.default_rng(0)
    seeds = [0, 1, 2, 3]
    drawn = rng.normal(0.8, 0.01, len(seeds))
    rows = [
        {
            "cell": f"{split}{learner}{strategy}{seed}", "dataset": "shop", "task": "classify",
            "split": split, "features": learner[0], "model": learner[1], "strategy": strategy,
            "seed": seed, "decision": "argmax", "metric": "macro_f1", "slice_axis": "target",
            "slice": "tail", "value": drawn[seed] + rng.normal(0.1 * i, 0.005), "low": 0.0, "high": 1.0,
        }
        for (i, learner), split, strategy, seed in product(
            enumerate(LEARNERS), splits, STRATEGIES, seeds
        )
    ]  # fmt: skip
    empty = pl.DataFrame()
    return Results(
        values=pl.DataFrame(rows), cells=empty, comparisons=empty, per_target=empty,
        reliability=empty, about={},
    )  # fmt: skip


def values_of(found: Results, **where: str) -> np.ndarray:
    chosen = found.values.filter(**where).sort("seed")["value"].to_numpy()
    assert len(chosen) == 4
    return chosen


def agrees(row: dict, one: np.ndarray, other: np.ndarray) -> None:
    expected = ttest_rel(one, other)
    low, high = expected.confidence_interval()
    assert row["difference"] == pytest.approx((one - other).mean())
    assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(high))
    assert row["p"] == pytest.approx(expected.pvalue)


def test_learners_are_compared_under_each_strategy_on_each_split() -> None:
    found = results()
    table = found.compare("full", "tf_idf / linear")
    assert table.height == len(SPLITS) * len(STRATEGIES)
    for row in table.iter_rows(named=True):
        where = {"split": row["split"], "strategy": row["strategy"]}
        one = values_of(found, features="words", model="full", **where)
        other = values_of(found, features="tf_idf", model="linear", **where)
        agrees(row, one, other)
        assert row["full"] == pytest.approx(one.mean())
        assert row["tf_idf / linear"] == pytest.approx(other.mean())
        assert row["verdict"] == "−"


def test_strategies_are_compared_within_a_split() -> None:
    found = results()
    table = found.compare("Focal", "none")
    assert table.height == len(SPLITS) * len(LEARNERS)
    for row in table.iter_rows(named=True):
        where = {key: row[key] for key in ("split", "features", "model")}
        one, other = (values_of(found, strategy=name, **where) for name in STRATEGIES[::-1])
        agrees(row, one, other)


def test_one_split_needs_no_column() -> None:
    found = results(splits=SPLITS[:1])
    assert "split" not in found.compare("full", "lora").columns
    assert found.compare("full", "lora").columns[:3] == ["dataset", "task", "strategy"]


def test_a_name_that_says_too_little_is_told() -> None:
    with pytest.raises(InputError, match="say which: minilm / linear, tf_idf / linear"):
        results().compare("full", "linear")
    with pytest.raises(InputError, match="unknown strategy or model in these results 'fulll'"):
        results().compare("fulll", "lora")
    with pytest.raises(InputError, match="unknown strategy or model"):
        results().compare("Focal", "lora")
