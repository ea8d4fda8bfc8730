"""Every subcommand as a user types it: what it prints, and how it leaves."""

import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from longshelf.cli import main
from longshelf.components import known


@pytest.fixture
def call(capsys, monkeypatch):
    """Run the command line in this process; exit code, stdout, stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["longshelf", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def shop_table(n=400):
    rng = np.random.default_rng(0)
    bought = rng.random(n) < 0.12
    return pl.DataFrame(
        {
            "visit": [f"v{i}" for i in range(n)],
            "pages": rng.poisson(4 + 6 * bought),
            "minutes": rng.gamma(2 + 3 * bought, 2.0),
            "channel": rng.choice(["search", "mail", "direct"], n),
            "age_group": rng.choice(["young", "old"], n),
            "bought": np.where(bought, "yes", "no"),
        }
    )


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A folder with a user's file and a small suite."""
    place = tmp_path_factory.mktemp("shop")
    shop_table().write_csv(place / "visits.csv")
    spec = {
        "about": "small",
        "datasets": [{"own": {"path": "visits.csv", "label": "bought", "group": ["age_group"],
                              "categorical": ["channel"], "numeric": ["pages", "minutes"]}}],
        "features": ["tabular"], "models": ["logistic"], "seeds": 3,
        "strategies": ["none", "InverseFrequency", "PerClassThreshold", "Crt"],
    }  # fmt: skip
    (place / "small.yaml").write_text(yaml.safe_dump(spec))
    return place


@pytest.fixture(autouse=True)
def inside(home, monkeypatch):
    monkeypatch.chdir(home)
    monkeypatch.setenv("LONGSHELF_CACHE", str(home / "cache"))
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture(scope="session")
def ran(home):
    """What running the small suite printed; its folder is runs/small."""
    import contextlib
    import os

    said, before, argv = io.StringIO(), Path.cwd(), sys.argv
    os.chdir(home)
    os.environ["LONGSHELF_CACHE"] = str(home / "cache")
    sys.argv = ["longshelf", "run", "small.yaml", "--workers", "1"]
    try:
        with contextlib.redirect_stdout(said):
            main()
    except SystemExit as leaving:
        if leaving.code:
            raise RuntimeError(said.getvalue()) from leaving
    finally:
        os.chdir(before)
        sys.argv = argv
        del os.environ["LONGSHELF_CACHE"]
    return said.getvalue()


@pytest.mark.parametrize(
    "what",
    ["datasets", "tasks", "splits", "features", "models", "strategies", "metrics", "trackers"],
)
def test_lists_hold_every_component(call, what):
    code, out, _ = call("list", what, "--json")
    rows = json.loads(out)
    kind = {"strategies": "strategy", "features": "features"}.get(what, what.rstrip("s"))
    assert code == 0
    assert len(rows) == len(known(kind))
    assert all(row["summary"].endswith((".", "?")) and row["name"] for row in rows)
    code, table, _ = call("list", what)
    assert code == 0
    assert all(row["name"] in table for row in rows)


def test_suites_are_listed_from_the_folder(call, home, monkeypatch):
    (home / "suites").mkdir(exist_ok=True)
    (home / "suites" / "small.yaml").write_text((home / "small.yaml").read_text())
    code, out, _ = call("list", "suites", "--json")
    assert code == 0
    assert [row["name"] for row in json.loads(out)] == ["small"]


def test_doctor_names_versions_folders_and_cures(call, home):
    code, out, _ = call("doctor", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["versions"]["numpy"] == np.__version__
    assert found["folders"][0][1] == str(home / "cache")
    assert found["machine"]["cores"] >= 1
    for name, extra in found["extras"].items():
        assert bool(extra["missing"]) == (f"longshelf[{name}]" in extra["cure"])
    assert call("doctor")[0] == 0


def test_validate_passes_and_fails_with_its_code(call, home):
    code, out, _ = call("validate", "visits.csv", "--label", "bought", "--json")
    assert code == 0, out
    assert json.loads(out)
    shop_table().with_columns(copy=pl.col("bought") + "!").write_csv(home / "leaky.csv")
    code, out, _ = call("validate", "leaky.csv", "--label", "bought", "--categorical", "copy")
    assert code == 1
    assert "FAIL" in out
    assert "copy" in out


def test_diagnose_prints_counts_and_writes_a_page(call, home):
    code, out, _ = call("diagnose", "visits.csv", "--label", "bought", "--json", "-o", "look.html")
    assert code == 0
    counts = dict(shop_table()["bought"].value_counts().iter_rows())
    text = json.dumps(json.loads(out))
    assert str(counts["yes"]) in text
    assert str(counts["no"]) in text
    assert "<html" in (home / "look.html").read_text()
    assert call("diagnose", "visits.csv", "--label", "bought")[0] == 0


def test_a_dry_run_runs_nothing(call, home):
    code, out, _ = call("run", "small.yaml", "--dry-run", "--out", "dry")
    assert code == 0
    assert out.count("to do  visits/") == 3 * (4 + 3)
    assert "21 cells, 0 done, 21 to do" in out
    assert "cells have no like yet" in out
    assert not (home / "dry" / "cells").exists()


def test_a_suite_ends_in_a_board_a_verdict_and_a_report(ran, home):
    assert "macro_f1 on all" in ran
    assert "18 done, 3 not applicable" in ran
    assert "report: runs/small/report.html" in ran
    page = (home / "runs" / "small" / "report.html").read_text()
    assert 10_000 < len(page) < 3_000_000


def test_a_second_dry_run_knows_what_is_done(call, ran):
    code, out, _ = call("run", "small.yaml", "--dry-run")
    assert code == 0
    assert "21 cells, 21 done, 0 to do" in out


def test_running_again_is_the_same_and_ends_well(call, ran):
    code, out, _ = call("run", "small.yaml", "--workers", "1")
    assert code == 0
    assert "18 done, 3 not applicable" in out


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown", "latex"])
def test_the_leaderboard_says_the_same_in_every_format(call, ran, form):
    code, out, _ = call("leaderboard", "runs/small", "--slice", "all", "--format", form)
    assert code == 0
    strategies = {"none", "InverseFrequency", "PerClassThreshold"}
    if form == "json":
        board = json.loads(out)
        values = [row["value"] for row in board]
        assert values == sorted(values, reverse=True)
        assert {row["strategy"] for row in board} == strategies
        assert {row["seeds"] for row in board} == {3}
    elif form == "csv":
        assert {row["strategy"] for row in csv.DictReader(io.StringIO(out))} == strategies
    else:
        assert all(name in out for name in (*strategies, "majority", "logistic"))
        mark = {"markdown": "| --- |", "latex": r"\toprule", "table": "told apart"}[form]
        assert mark in out


def test_smaller_is_better_where_it_is(call, ran):
    code, out, _ = call("leaderboard", "runs/small", "--metric", "log_loss", "--slice", "all",
                        "--format", "json")  # fmt: skip
    values = [row["value"] for row in json.loads(out)]
    assert code == 0
    assert values == sorted(values)


def test_compare_marks_each_metric(call, ran):
    code, out, _ = call("compare", "InverseFrequency", "none", "--in", "runs/small", "--metric",
                        "balanced_accuracy", "--json")  # fmt: skip
    rows = json.loads(out)
    assert code == 0
    assert rows
    marks = {row[key] for row in rows for key in row if key in ("mark", "verdict")}
    assert marks <= {"+", "−", "~", "?"}
    assert call("compare", "InverseFrequency", "none", "--in", "runs/small")[0] == 0
    spelt_out = call("compare", "InverseFrequency(gamma=1.0)", "none", "--in", "runs/small", "--metric",
                     "balanced_accuracy", "--json")  # fmt: skip
    assert spelt_out == (0, out, "")


def test_report_is_written_where_asked(call, ran, home):
    code, out, _ = call("report", "runs/small", "-o", "page.html", "--language", "zh")
    assert (code, out.strip()) == (0, "page.html")
    assert 'lang="zh' in (home / "page.html").read_text()


def test_the_quick_way_ends_in_a_verdict_and_the_next_command(call, home):
    code, out, _ = call("run", "visits.csv", "--label", "bought", "--within", "20s",
                        "--workers", "1", "--miss-costs", "20", "--false-alarm-costs", "1",
                        "--out", "quick")  # fmt: skip
    assert code == 0, out
    assert "guessed" in out
    assert "expected_cost" in out
    assert "next: longshelf" in out
    assert "report: quick/report.html" in out
    assert (home / "quick" / "results.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "absent.yaml"], "no suite file"),
        (["run", "absent.csv"], "absent.csv"),
        (["run", "marketplac"], "did you mean"),
        (["run", "wrong_key.yaml"], "did you mean 'strategies'"),
        (["run", "wrong_name.yaml"], "did you mean 'Smote'"),
        (["run", "wrong_label.yaml"], "did you mean 'bought'"),
        (["run", "wrong_own.yaml"], "did you mean 'label'"),
        (["run", "broken.yaml"], "not readable YAML"),
        (["run", "visits.csv", "--within", "soon"], "such as 90s or 2m"),
        (["run", "visits.csv", "--label", "bough"], "did you mean 'bought'"),
        (["run", "visits.csv", "--label", "bought", "--miss-costs", "3"], "give both costs"),
        (["run", "visits.csv", "--label", "channel", "--miss-costs", "3",
          "--false-alarm-costs", "1"], "two classes"),
        (["leaderboard", "nowhere"], "holds no finished results"),
        (["leaderboard", "runs/small", "--metric", "macrof1"], "did you mean 'macro_f1'"),
        (["leaderboard", "runs/small", "--slice", "tale"], "did you mean 'tail'|unknown slice"),
        (["compare", "Smote", "none", "--in", "runs/small"], "unknown strategy or model in these results"),
        (["report", "nowhere"], "holds no finished results"),
        (["validate", "visits.csv", "--label", "nothing"], "nothing"),
        (["diagnose", "fashion", "--label", "x"], "fashion"),
        (["fetch", "fashon"], "did you mean"),
        (["list", "animals"], "'animals'. Known: datasets, features, filters"),
        (["list", "strateges"], "did you mean 'strategies'"),
        (["frobnicate"], "frobnicate"),
        (["run"], "Missing argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_a_users_mistake_is_a_sentence_and_exit_code_2(
    call, ran, home, monkeypatch, arguments, said
):
    monkeypatch.setenv("LONGSHELF_DATA", str(home / "nodata"))
    good = yaml.safe_load((home / "small.yaml").read_text())
    own = {"own": {**good["datasets"][0]["own"], "lable": "bought"}}
    wrong = {
        "wrong_key": {**good, "strategys": ["none"]},
        "wrong_name": {**good, "strategies": ["Smoet"]},
        "wrong_label": {**good, "task": {"classify": {"label": "bougth"}}},
        "wrong_own": {**good, "datasets": [own]},
    }
    for name, spec in wrong.items():
        (home / f"{name}.yaml").write_text(yaml.safe_dump(spec))
    (home / "broken.yaml").write_text("name: [")
    code, out, err = call(*arguments)
    assert code == 2, (out, err)
    assert "Traceback" not in out + err
    import re

    assert re.search(said, err), err
    if err.startswith("longshelf: "):
        assert len(err) < 1500


def test_failed_cells_give_exit_code_1_and_their_reasons(call, home, monkeypatch):
    monkeypatch.syspath_prepend(str(home))
    (home / "mine_fails.py").write_text(
        "from dataclasses import dataclass\n"
        "from longshelf.strategies import Strategy\n"
        "@dataclass(frozen=True, kw_only=True)\n"
        "class Fails(Strategy):\n"
        "    def weigh(self, rows, targets):\n"
        "        raise RuntimeError('out of shelves')\n"
    )
    spec = yaml.safe_load((home / "small.yaml").read_text())
    spec = {**spec, "strategies": ["none", "mine_fails:Fails"], "seeds": 1, "rivals": False}
    (home / "failing.yaml").write_text(yaml.safe_dump(spec))
    code, out, _ = call("run", "failing.yaml", "--workers", "1")
    assert code == 1
    assert "1 done, 1 failed" in out
    assert "out of shelves" in out


def test_any_address_can_be_run_and_read(call, home):
    spec = yaml.safe_load((home / "small.yaml").read_text())
    spec = {**spec, "strategies": ["none"], "seeds": 1}
    (home / "remote.yaml").write_text(yaml.safe_dump(spec))
    code, out, err = call("run", "remote.yaml", "--workers", "1", "--out", "memory://far/remote")
    assert code == 0, (out, err)
    assert "report: memory://far/remote/report.html" in out
    code, out, err = call(
        "leaderboard", "memory://far/remote", "--slice", "all", "--format", "json"
    )
    assert code == 0, err
    assert len(json.loads(out)) == 4
    assert not (home / "memory:").exists()
