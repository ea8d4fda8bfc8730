"""What generators delivered and why drafts were dropped goes with a cell, its results and the page."""

from __future__ import annotations

import json

from small_suite import launch

import longshelf as ls
from longshelf.report import render
from longshelf.results import Results


def test_the_ledger_is_kept_summed_and_shown(tmp_path):
    arms = ["none", "Expand(generator=ngram, to=30)", "Expand(generator=duplicate, to=30)"]
    shop = {"shop": ls.load("marketplace(items=400, imbalance=20)")}
    spec = {"name": "shop", "datasets": ["shop"], "models": ["logistic"], "seeds": 2,
            "rivals": False, "strategies": arms}  # fmt: skip
    results = launch(spec, tmp_path / "run", tmp_path / "cache", datasets=shop)
    told = [json.loads(path.read_text()) for path in (tmp_path / "run/cells").glob("*/cell.json")]
    by_arm = {arm: [cell for cell in told if cell["strategy"] == arm] for arm in arms}
    assert {len(cells) for cells in by_arm.values()} == {2}
    assert [cell["generated"] for cell in by_arm["none"]] == [{}, {}]
    plain = {cell["seed"]: cell["rows"] for cell in by_arm["none"]}
    for arm in arms[1:]:
        summed = results.about["generated"][arm]
        entries = [entry for cell in by_arm[arm] for entry in cell["generated"].values()]
        for count in ("asked", "delivered"):
            assert summed[count] == sum(entry[count] for entry in entries) > 0
        for cell in by_arm[arm]:
            came = sum(entry["delivered"] for entry in cell["generated"].values())
            assert cell["rows"] == plain[cell["seed"]] + came
    assert "none" not in results.about["generated"]
    assert "identical" in results.about["generated"][arms[1]]["dropped"]
    assert "identical" not in results.about["generated"][arms[2]]["dropped"]
    again = Results.read(tmp_path / "run")
    assert again.about["generated"] == results.about["generated"]
    page = tmp_path / "page.html"
    render(results, page)
    assert "drafts dropped by reason" in page.read_text(encoding="utf-8")
