"""A whole suite of made-up cells: who is found better, and how it is labelled."""

import numpy as np
import polars as pl
import pytest

from longshelf.statistics import Units, compare_all, compare_pair, difference, holm
from longshelf.statistics.compare import COMPARISONS

LIFT = {"none": 0.0, "Better": 0.15, "Same": 0.0, "Worse": -0.15}


def suite(seeds=5, redrawn=True, n=600):
    rng = np.random.default_rng(0)
    values, cells, units = [], [], {}
    parts = {
        s: np.sort(rng.choice(2000, n, replace=False)) if redrawn else np.arange(n)
        for s in range(seeds)
    }
    arms = [("linear", name, 0.6 + lift) for name, lift in LIFT.items()]
    for model, strategy, chance in [*arms, ("majority", "none", 0.3), ("prior", "none", 0.2)]:
        for seed, ids in parts.items():
            cell = f"{model}/{strategy}/{seed}"
            key = (cell, "d", "t", "s", "f", model, strategy, seed)
            cells.append((*key, "done"))
            columns = {"id": ids, "unit": ids}
            for name in ("all", "tail"):
                right = (rng.random(n) < chance).astype(np.float32)
                columns[f"argmax|macro_f1|{name}"] = right - right.mean()
                axis = "all" if name == "all" else "target"
                mean = float(right.mean())
                values.append(
                    (*key, "argmax", "macro_f1", axis, name, mean, mean - 0.04, mean + 0.04, n)
                )
            noise = 1 - chance + 0.01 * rng.normal()
            values.append((*key, "raw", "brier", "all", "all", noise, None, None, n))
            units[cell] = pl.DataFrame(columns)
    names = ["cell", "dataset", "task", "split", "features", "model", "strategy", "seed"]
    frame = pl.DataFrame(
        values, orient="row",
        schema=[*names, *["decision", "metric", "slice_axis", "slice", "value", "low", "high", "support"]],
    )  # fmt: skip
    return frame, units, pl.DataFrame(cells, orient="row", schema=[*names, "status"])


def lines(found, **where):
    return {row["strategy"]: row for row in found.filter(**where).iter_rows(named=True)}


@pytest.mark.parametrize("redrawn", [True, False])
def test_verdicts_ranks_and_rivals(redrawn):
    found = compare_all(*suite(redrawn=redrawn), primary="macro_f1", rivals=["majority", "prior"])
    assert found.columns == list(COMPARISONS)
    main = lines(found, metric="macro_f1", slice="all", model="linear")
    assert {name: row["verdict"] for name, row in main.items()} == {
        "none": "~", "Better": "+", "Same": "~", "Worse": "−",
    }  # fmt: skip
    assert {row["family"] for row in main.values()} == {"holm"}
    assert [main[name]["rank"] for name in ("Better", "Same", "none", "Worse")] == [1, 2, 2, 4]
    assert {row["rival"] for row in main.values()} == {"majority"}
    assert {row["against_rival"] for row in main.values()} == {"above"}
    trivial = lines(found, metric="macro_f1", slice="all", model="prior")
    assert trivial["none"]["against_rival"] == "below"
    ps = np.array([main[name]["p"] for name in ("Better", "Same", "Worse")])
    assert [main[name]["p_adjusted"] for name in ("Better", "Same", "Worse")] == pytest.approx(
        holm(ps).tolist()
    )
    rest = found.filter((pl.col("metric") != "macro_f1") | (pl.col("slice") != "all"))
    assert set(rest["family"]) == {"bh"}


def test_smaller_is_better_where_it_is():
    found = compare_all(*suite(), primary="macro_f1", rivals=["majority"])
    brier = lines(found, metric="brier", model="linear")
    assert brier["Better"]["difference"] < 0
    assert brier["Better"]["verdict"] == "+"
    assert brier["Worse"]["verdict"] == "−"
    assert brier["Better"]["rank"] == 1


def test_figures_are_those_of_a_single_difference():
    values, units, cells = suite()
    found = lines(
        compare_all(values, units, cells, primary="macro_f1"), slice="all", metric="macro_f1"
    )

    def side(strategy):
        own = values.filter(model="linear", strategy=strategy, metric="macro_f1", slice="all")
        return [
            Units(
                seed=seed, value=value, id=units[cell]["unit"].to_numpy(),
                influence=units[cell]["argmax|macro_f1|all"].to_numpy(),
            )
            for cell, seed, value in own.select("cell", "seed", "value").iter_rows()
        ]  # fmt: skip

    alone = difference(side("Better"), side("none"), redrawn=True)
    row = found["Better"]
    assert [row["difference"], row["low"], row["high"], row["p"]] == pytest.approx(
        [alone.value, alone.low, alone.high, alone.p]
    )


def test_two_seeds_bring_no_verdict_and_a_lost_seed_no_harm():
    values, units, cells = suite(seeds=2)
    found = compare_all(values, units, cells, primary="macro_f1").filter(strategy="Better")
    assert set(found["verdict"]) == {"?"}
    assert found["p"].null_count() == found.height
    values, units, cells = suite()
    lost = values.filter(~((pl.col("strategy") == "Same") & (pl.col("seed") == 3)))
    found = compare_all(lost, units, cells, primary="macro_f1")
    found = lines(found, slice="all", model="linear", metric="macro_f1")
    assert found["Same"]["seeds"] == 4
    assert found["Better"]["verdict"] == "+"


def test_nothing_done_gives_an_empty_table():
    found = compare_all(pl.DataFrame(), {}, pl.DataFrame(), primary="macro_f1")
    assert found.columns == list(COMPARISONS)
    assert found.height == 0


def test_a_pair_side_by_side():
    values, _, _ = suite()
    found = compare_pair(values, "Better", "Worse").filter(metric="macro_f1", slice="all")
    assert found["verdict"].to_list() == ["+"]
    assert found["difference"].item() == pytest.approx(
        found["Better"].item() - found["Worse"].item()
    )
