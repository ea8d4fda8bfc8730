"""What the ranking section embeds: exposure, an intervened test set, lists; its size and safety."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats
from synthetic_ranking import HARM, simulate_ranking
from synthetic_report import SyntheticResults, simulate

from longshelf.report import render
from longshelf.report.rankings import TOPS, concentration
from longshelf.report.render import MOST_BYTES


@pytest.fixture(scope="module")
def run() -> SyntheticResults:
    return simulate_ranking()


def embedded(results: SyntheticResults, folder: Path) -> tuple[dict[str, Any], str]:
    html = render(results, folder / "report.html").read_text(encoding="utf-8")
    found = re.search(r'id="report-data">(.*?)</script>', html, re.S)
    assert found is not None
    return json.loads(found.group(1)), html


def arm_of(data: dict[str, Any], model: str, strategy: str) -> str:
    wanted = [data["names"]["model"].index(model), data["names"]["strategy"].index(strategy)]
    return str(next(i for i, arm in enumerate(data["arms"]) if arm[3:5] == wanted))


def test_concentration_equals_a_naive_sum_and_an_even_catalogue_is_a_diagonal() -> None:
    rng = np.random.default_rng(0)
    listed = rng.pareto(1, 2000).round()
    falling = sorted(listed, reverse=True)
    for top, found in zip(TOPS, concentration(listed), strict=True):
        held = sum(falling[: round(top * 2000)]) / sum(falling)
        assert found == pytest.approx(1000 * held, abs=0.51)
    assert concentration(np.ones(2000)) == [round(1000 * top) for top in TOPS]
    assert concentration(np.zeros(5)) == [0] * len(TOPS)


def test_exposure_is_that_of_the_table(run: SyntheticResults, tmp_path: Path) -> None:
    data, _ = embedded(run, tmp_path)
    assert len(data["ranking"]["exposure"]) == 20
    own = run.per_target.filter(model="ease", strategy="XQuad")["listed"].to_numpy()
    arm = arm_of(data, "ease", "XQuad")
    assert data["ranking"]["exposure"][arm] == concentration(own)


def test_the_intervened_test_set_stands_beside_the_natural_one(
    run: SyntheticResults, tmp_path: Path
) -> None:
    data, html = embedded(run, tmp_path)
    (found,) = data["ranking"]["intervened"]
    assert (found["dataset"], found["task"]) == ("shop", "rank")
    assert found["split"] == "intervened(of=by_time)"
    assert "Another split" not in html.split("report-data")[0]
    own = run.values.filter(
        model="ease", metric="ndcg@20", slice="all", split="intervened(of=by_time)"
    )
    plain, arm = (
        own.filter(strategy=name).sort("seed")["value"].to_numpy()
        for name in ("none", "TailQuota(share=0.3)")
    )
    flat = found["rows"][arm_of(data, "ease", "TailQuota(share=0.3)")]
    key = found["keys"].index(["ndcg@20", "all"])
    row = next(flat[i + 1 : i + 6] for i in range(0, len(flat), 6) if flat[i] == key)
    test = stats.ttest_rel(arm, plain)
    interval = test.confidence_interval()
    assert row[0] == pytest.approx(arm.mean(), rel=1e-4)
    assert row[1:4] == pytest.approx([(arm - plain).mean(), interval.low, interval.high], rel=1e-3)
    flat = found["rows"][arm_of(data, "ease", "none")]
    assert {flat[i + 5] for i in range(0, len(flat), 6)} == {-1}


def test_lists_are_those_stored_and_name_no_user(run: SyntheticResults, tmp_path: Path) -> None:
    data, html = embedded(run, tmp_path)
    lists = data["ranking"]["lists"]
    assert "customer-" not in html
    assert lists["sources"][0]["names"] == [""] * 6
    own = run.examples.filter(model="ease", strategy="XQuad", source="customer-2").sort("rank")
    codes = lists["of"][arm_of(data, "ease", "XQuad")][2]
    shown = [(*lists["titles"][code >> 1], bool(code & 1)) for code in codes]
    assert shown == [tuple(row) for row in own.head(10).select("text", "slice", "hit").iter_rows()]


def test_queries_keep_their_words(run: SyntheticResults, tmp_path: Path) -> None:
    changed = {
        name: getattr(run, name).with_columns(task=pl.lit("search"))
        for name in ("values", "cells", "comparisons", "per_target")
    }
    search = replace(run, **changed)
    asked = run.examples.with_columns(task=pl.lit("search"))
    object.__setattr__(search, "examples", asked)
    data, _ = embedded(search, tmp_path)
    assert data["ranking"]["lists"]["sources"][0]["names"][0] == "customer-0"


def test_titles_that_mean_harm_stay_text(run: SyntheticResults, tmp_path: Path) -> None:
    data, html = embedded(run, tmp_path)
    assert any(title == HARM for title, _ in data["ranking"]["lists"]["titles"])
    assert html.count("</script>") == 2


def test_items_are_not_called_classes(run: SyntheticResults, tmp_path: Path) -> None:
    data, html = embedded(run, tmp_path)
    assert "各商品" in html
    assert not [text for text in re.findall(r"<h2[^>]*>.*?</h2>", html) if "class " in text.split(">", 1)[1]]  # fmt: skip
    assert data["strings"]["classes.name"]["en"] == "Item"


def test_a_run_that_classifies_has_no_ranking_section(tmp_path: Path) -> None:
    data, html = embedded(simulate(datasets=("fashion",), strategies=4, classes=20), tmp_path)
    assert data["ranking"] is None
    assert 'id="ranking"' not in html
    assert "#ranking" not in html.split("<script")[0]


def test_many_arms_and_long_titles_stay_under_the_budget(tmp_path: Path) -> None:
    run = simulate_ranking(models=tuple(f"model_{i}" for i in range(60)), seeds=3, items=120)
    assert run.cells.height > 3000
    long = run.examples.with_columns(text=pl.col("text") + pl.lit("长" * 500))
    object.__setattr__(run, "examples", long)
    data, html = embedded(run, tmp_path)
    assert len(html.encode()) <= MOST_BYTES
    lists = data["ranking"]["lists"]
    assert 2 <= len(lists["of"]) < 542
    assert max(len(title) for title, _ in lists["titles"]) == 70
    assert "Lists are shown for the first" in html


@pytest.mark.parametrize("absent", ["listed", "examples", "intervened"])
def test_any_part_may_be_missing(run: SyntheticResults, tmp_path: Path, absent: str) -> None:
    less = replace(run)
    object.__setattr__(less, "examples", run.examples)
    if absent == "examples":
        object.__setattr__(less, "examples", pl.DataFrame())
    elif absent == "listed":
        less = replace(run, per_target=run.per_target.drop("listed"))
    else:
        less = replace(run, values=run.values.filter(split="by_time"))
    data, _ = embedded(less, tmp_path)
    assert data["ranking"] is not None
