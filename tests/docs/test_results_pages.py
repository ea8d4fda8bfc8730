"""Results pages: what is in the tables, what was written by hand, and nothing of the machine."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from longshelf.results import Results

ROOT = Path(__file__).resolve().parents[2]
NAMES = {"dataset": "shop", "task": "classify", "features": "tf_idf"}
ARMS = (("majority", "none", 0.1), ("linear", "none", 0.5), ("linear", "Smote | k", 0.6))
SLICES = (("all", "all"), ("target", "head"), ("target", "tail"))


def measured(split: str, model: str, strategy: str, level: float, seed: int) -> list[dict]:
    cell = f"shop/classify/{split}/tf_idf/{model}/{strategy}/seed{seed}"
    named = {
        "cell": cell,
        **NAMES,
        "split": split,
        "model": model,
        "strategy": strategy,
        "seed": seed,
    }
    return [
        {
            **named, "decision": decision, "metric": metric, "slice_axis": axis, "slice": name,
            "value": level + 0.01 * seed - (0.2 if name == "tail" else 0), "low": 0.0, "high": 1.0,
            "support": 100,
        }
        for decision in ("argmax", "tuned")
        for metric in ("macro_f1", "accuracy")
        for axis, name in SLICES
    ]  # fmt: skip


def compared(model: str, strategy: str, value: float, difference: float) -> list[dict]:
    plain = strategy == "none"
    return [
        {
            **NAMES, "model": model, "strategy": strategy, "baseline": "none", "decision": decision,
            "metric": "macro_f1", "slice_axis": axis, "slice": name, "seeds": 3, "value": value,
            "difference": difference, "low": None if plain else difference - 0.02,
            "high": None if plain else difference + 0.02, "p": None if plain else 0.001,
            "p_adjusted": None if plain else 0.002, "family": "holm", "verdict": "~" if plain else "+",
            "rank": 2 if plain else 1, "rival": "majority", "against_rival": "above",
        }
        for decision in ("argmax", "tuned")
        for axis, name in SLICES
    ]  # fmt: skip


def cells(values: pl.DataFrame) -> pl.DataFrame:
    named = values.select("cell", *NAMES, "split", "model", "strategy", "seed").unique(
        maintain_order=True
    )
    done = named.with_columns(
        status=pl.lit("done"), reason=pl.lit(""), seconds=pl.lit(2.0), cpu_seconds=pl.lit(1.5),
        peak_mb=pl.lit(300.0), parameters=pl.lit(10),
    )  # fmt: skip
    failed = done.tail(1).with_columns(
        cell=pl.lit("other"), strategy=pl.lit("Crt"), status=pl.lit("not applicable"),
        reason=pl.lit("nothing <b>below</b> | the head"),
    )  # fmt: skip
    return pl.concat([done, failed])


@pytest.fixture
def results():
    rows = [row for arm in ARMS for seed in range(3) for row in measured("stratified", *arm, seed)]
    rows += [r for seed in range(3) for r in measured("naive_random", "linear", "none", 0.55, seed)]
    values = pl.DataFrame(rows)
    lines = [
        line
        for model, strategy, level in ARMS
        for line in compared(model, strategy, level, 0.1 if strategy != "none" else 0.0)
    ]
    comparisons = pl.DataFrame(lines, infer_schema_length=None)
    empty = pl.DataFrame({"dataset": pl.Series([], dtype=pl.String)})
    about = {
        "suite": "shop_suite", "suite_about": "Does it pay?", "suite_yaml": "name: shop_suite\n",
        "primary": "macro_f1", "seconds": 60.0, "started": "2026-01-02T03:04:05+00:00",
        "command": "longshelf run /home/me/suites/shop_suite.yaml --out /scratch/runs/x --workers 2",
        "versions": {"longshelf": "0.1.0"}, "machine": {"cores": 2, "memory_gb": 8.0},
        "datasets": {"shop": {"title": "A shop", "licence": "CC0", "rows": 100}},
    }  # fmt: skip
    return Results(values, cells(values), comparisons, empty, empty, about)


@pytest.fixture(scope="module")
def pages():
    sys.path.insert(0, str(ROOT / "scripts"))
    yield importlib.import_module("results_pages")
    sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture
def published(pages, results, tmp_path):
    run = results.write(tmp_path / "run")
    return pages.publish(run, tmp_path / "results")


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*.py")), ids=lambda p: p.name)
def test_a_script_fits_in_a_head(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_a_page_holds_every_part_in_order(pages, published, tmp_path):
    text = pages.write_page(published, tmp_path / "pages").read_text(encoding="utf-8")
    titles = [line[3:] for line in text.split("\n") if line.startswith("## ")]
    assert titles == [
        "The verdict", "What was learned", "Leaderboards", "The trivial rivals",
        "The size of the leak", "Other metrics", "What has no result, and why", "Cost", "Data",
        "How to reproduce",
    ]  # fmt: skip
    assert "Does it pay?" in text
    assert "12 done, 1 not applicable of 13 cells; 3 seeds." in text


def test_numbers_are_those_of_the_tables(pages, published, tmp_path):
    text = pages.write_page(published, tmp_path / "pages").read_text(encoding="utf-8")
    board = text.split("decision `argmax`")[1]
    arm = next(line for line in board.split("\n") if "Smote" in line)
    assert arm == (
        "| `Smote \\| k` | **0.610** #1<br>+0.100 [0.080, 0.120] + "
        "| **0.610** #1<br>+0.100 [0.080, 0.120] + | **0.410** #1<br>+0.100 [0.080, 0.120] + | above |"
    )
    assert board.index("Smote") < board.index("`none`")
    assert "| `shop` | `majority` | 0.110 | 0.110 | -0.090 |".replace("-", "−") in text
    assert "| `shop/tf_idf/linear/none` | `macro_f1` | all | 0.510 | 0.560 | +0.050 |" in text
    assert "nothing &lt;b>below&lt;/b> \\| the head" in text


def test_what_was_written_by_hand_stays(pages, published, tmp_path):
    page = pages.write_page(published, tmp_path / "pages")
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("Not written yet.", "We expected |less|."), encoding="utf-8")
    before = page.read_text(encoding="utf-8")
    assert pages.write_page(published, tmp_path / "pages").read_text(encoding="utf-8") == before
    page.write_text(before.replace("<!-- learned -->", ""), encoding="utf-8")
    with pytest.raises(SystemExit, match="lost its markers"):
        pages.write_page(published, tmp_path / "pages")


def test_no_folder_of_the_machine_is_published(published):
    for path in published.glob("*.*"):
        assert b"/home/" not in path.read_bytes()
        assert b"/scratch/" not in path.read_bytes()
    command = Results.read(published).about["command"]
    assert command == "longshelf run shop_suite.yaml --workers 2"


def test_published_tables_are_the_runs(published, results):
    read = Results.read(published)
    assert read.values.equals(results.values)
    assert read.comparisons.equals(results.comparisons)


def test_differences_of_two_splits_are_refused(pages, results, tmp_path):
    mixed = results.comparisons.with_columns(
        difference=pl.when(pl.col("strategy") == "none").then(0.0).otherwise(0.075)
    )
    run = replace(results, comparisons=mixed).write(tmp_path / "mixed")
    with pytest.raises(SystemExit, match=r"0\.0750 there, 0\.1000 by the values"):
        pages.publish(run, tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_large_run_says_what_was_left_out(pages, results, tmp_path, monkeypatch):
    publishing = importlib.import_module("publishing")
    group = results.values.filter(metric="accuracy", slice="all").with_columns(
        slice_axis=pl.lit("seller"), slice=pl.concat_str(pl.lit("s"), "seed", "value")
    )
    many = replace(results, values=pl.concat([results.values, group]))
    whole = publishing.size(publishing.packed(many))
    monkeypatch.setattr(publishing, "LIMIT", whole - 100)
    folder = pages.publish(many.write(tmp_path / "run"), tmp_path / "results")
    read = Results.read(folder)
    assert read.values.equals(results.values)
    assert read.about["left_out"] == ["values of groups in other metrics than the primary one"]
    monkeypatch.setattr(publishing, "LIMIT", 10)
    with pytest.raises(SystemExit, match="split the suite"):
        pages.publish(tmp_path / "run", tmp_path / "results")


def test_the_index_lists_pages_with_their_question(pages, published, tmp_path):
    home = tmp_path / "pages"
    pages.write_page(published, home)
    assert "- [shop_suite](shop_suite.md): Does it pay?" in pages.write_index(home).read_text()


def test_a_wrong_flag_is_a_usage_error(pages, capsys):
    assert pages.main(["--publsh", "runs/x"]) == 2
    assert pages.main(["--publish"]) == 2
    assert capsys.readouterr().err.count("usage:") == 2


def test_expectations_come_before_results_and_stay(pages, published, tmp_path, monkeypatch):
    home = tmp_path / "pages"
    home.mkdir()
    monkeypatch.setattr(pages, "PAGES", home)
    monkeypatch.setattr(pages.write_index, "__defaults__", (home,))
    suite = tmp_path / "shop_suite.yaml"
    suite.write_text("about: Does it pay?\ndatasets: [marketplace]\n")
    assert pages.main(["--expect", str(suite)]) == 0
    page = home / "shop_suite.md"
    assert "(shop_suite.md): Does it pay?" in (home / "README.md").read_text()
    page.write_text(page.read_text().replace("Not written yet.", "It will pay.", 1))
    text = pages.write_page(published, home).read_text()
    assert "It will pay." in text
    assert "Nothing is published yet" not in text
    with pytest.raises(SystemExit, match="there already"):
        pages.main(["--expect", str(suite)])
