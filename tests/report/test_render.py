"""The page as a file: its size, its safety, its languages, what it says it leaves out."""

from __future__ import annotations

import json
import string
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from synthetic_report import HOSTILE, SyntheticResults, simulate

from longshelf.errors import InputError
from longshelf.report import render
from longshelf.report.aggregate import MARKS
from longshelf.report.curves import CUTS, cut_changes
from longshelf.report.render import MOST_BYTES, embedded
from longshelf.report.wording import strings


class _Page(HTMLParser):
    """Every tag with its attributes, the scripts' texts, and the visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif self._inside != "style":
            self.text += data


def _render(results: SyntheticResults, folder: Path, **how: Any) -> tuple[_Page, str]:
    html = render(results, folder / "report.html", **how).read_text(encoding="utf-8")
    return _Page(html), html


@pytest.fixture(scope="module")
def small() -> SyntheticResults:
    return simulate(datasets=("fashion",), strategies=8, classes=30)


@pytest.fixture(scope="module")
def hostile() -> SyntheticResults:
    return simulate(
        datasets=(HOSTILE[0],), features=("tfidf",), models=(HOSTILE[1],), strategies=4,
        classes=20, hostile=True,
    )  # fmt: skip


def test_two_thousand_cells_and_five_thousand_classes_stay_under_the_budget(tmp_path: Path) -> None:
    results = simulate(
        datasets=("a",),
        strategies=100,
        seeds=5,
        classes=60,
        metrics=("macro_f1",),
        groups=("women", "men"),
    )
    assert results.cells.height >= 2_000
    arms = results.per_target.select("dataset", "features", "model", "strategy").unique()
    rng = np.random.default_rng(0)
    classes = pl.DataFrame(
        {
            "target": [f"class {i}" for i in range(5_000)],
            "train_count": np.sort(rng.pareto(1, 5_000)),
        }
    )
    many = arms.head(150).join(classes, how="cross").with_columns(
        pl.lit("argmax").alias("decision"), pl.lit("category").alias("task"),
        pl.lit(rng.random(150 * 5_000)).alias("recall"),
    )  # fmt: skip
    metrics = pl.DataFrame({"metric": [f"metric_{i}" for i in range(12)]})
    wide = {
        name: getattr(results, name).drop("metric").join(metrics, how="cross")
        for name in ("values", "comparisons")
    }
    about = {**results.about, "primary": "metric_0"}
    page, html = _render(replace(results, per_target=many, about=about, **wide), tmp_path)
    assert len(html.encode()) <= MOST_BYTES
    assert "combinations of metric, decision and slice are left out" in page.text
    data = json.loads(page.scripts[0])
    assert data["targets"][0]["total"] == 5_000
    assert sum(b[1] for b in data["targets"][0]["bins"]) == 5_000
    assert len(data["targets"][0]["bins"]) < 300


def test_endless_texts_are_cut_not_refused(small: SyntheticResults, tmp_path: Path) -> None:
    long = "<&>" * 2_000_000
    about = {**small.about, "suite_yaml": long, "findings": [long] * 50, "command": long}
    cells = small.cells.with_columns(
        pl.when(pl.col("seed") == 0).then(pl.lit("failed")).otherwise("status").alias("status"),
        (pl.lit(long[:3_000]) + pl.col("cell")).alias("reason"),
    )
    _, html = _render(replace(small, about=about, cells=cells), tmp_path)
    assert len(html.encode()) <= MOST_BYTES


def test_hostile_names_stay_text(hostile: SyntheticResults, tmp_path: Path) -> None:
    page, html = _render(hostile, tmp_path)
    kinds = [attributes.get("type") for tag, attributes in page.tags if tag == "script"]
    assert kinds == ["application/json", None]
    assert not [tag for tag, _ in page.tags if tag in {"img", "b>shion", "iframe"}]
    assert not [a for _, attributes in page.tags for a in attributes if a.startswith("on")]
    assert "<script>alert(1)</script>" in page.text
    data = json.loads(page.scripts[0])
    assert HOSTILE[0] in data["names"]["strategy"]
    assert "49" not in page.text.split("{{ 7 * 7 }}")[0][-5:]
    assert html.count("</script>") == 2


@pytest.mark.parametrize("sign", ["<", ">", "&", "\u2028", "\u2029", "</script>", "<!--"])
def test_embedded_json_cannot_be_left_and_reads_back(sign: str) -> None:
    text = str(embedded({"name": sign}))
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"name": sign}


def test_nothing_is_loaded_from_outside(small: SyntheticResults, tmp_path: Path) -> None:
    page, html = _render(small, tmp_path)
    loads = [
        value
        for tag, attributes in page.tags
        for name, value in attributes.items()
        if name in {"src", "href", "srcset", "action", "data"} and tag != "a"
    ]
    assert loads
    assert all(value is not None and value.startswith("data:") for value in loads)
    (policy,) = [a["content"] for t, a in page.tags if a.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "@import" not in html
    assert "url(http" not in html


def test_every_string_is_said_in_both_languages_with_the_same_fields() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, said in strings().items():
        assert set(said) == {"en", "zh"}, key
        assert all(key == "space" or text.strip() for text in said.values()), key
        unshared = fields(said["en"]) ^ fields(said["zh"])
        assert unshared <= {"where", "there"}, key


def test_every_string_asked_for_exists() -> None:
    import re
    from importlib.resources import files

    folder = files("longshelf.report").joinpath("templates")
    asked = set()
    for each in folder.iterdir():
        found = re.findall(
            r"""\b(?:T|t|both|Phrase)\(["']([a-z_. ]+)["'][,)]""", each.read_text("utf-8")
        )
        asked |= set(found)
    assert len(asked) > 60
    assert asked <= set(strings())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_core_stands_without_scripts(
    small: SyntheticResults, tmp_path: Path, language: str
) -> None:
    page, _ = _render(small, tmp_path, language=language)
    assert ("html", {"lang": language}) in page.tags
    assert "On the tail, LogitAdjusted(tau=1.5) beats plain training by" in page.text
    assert "在尾部，LogitAdjusted(tau=1.5) 胜过普通训练" in page.text
    rows = [a for tag, a in page.tags if tag == "tr" and "baseline" in (a.get("class") or "")]
    assert len(rows) == 1
    assert page.text.count("LogitAdjusted(tau=1.0)") >= 2


def test_numbers_in_the_page_are_those_of_the_table(
    small: SyntheticResults, tmp_path: Path
) -> None:
    page, _ = _render(small, tmp_path)
    data = json.loads(page.scripts[0])
    place = ["dataset", "task", "features", "model", "strategy"]
    for row in small.comparisons.sample(40, seed=1).iter_rows(named=True):
        arm = [data["names"][name].index(row[name]) for name in place]
        index = next(i for i, a in enumerate(data["arms"]) if a[:5] == arm)
        key = [row[n] for n in ("decision", "metric", "slice_axis", "slice")]
        at = next(i for i, k in enumerate(data["keys"]) if k[:4] == key)
        flat = data["rows"][str(index)]
        kept = next(flat[i : i + 11] for i in range(0, len(flat), 11) if flat[i] == at)
        assert kept[2] == pytest.approx(row["difference"], rel=1e-3)
        assert kept[3:5] == pytest.approx([row["low"], row["high"]], rel=1e-3)
        assert MARKS[kept[6]] == row["verdict"]
        assert kept[7] == row["rank"]


def test_failed_and_inapplicable_cells_are_listed_with_their_reason(tmp_path: Path) -> None:
    page, _ = _render(simulate(datasets=("fashion",), classes=20), tmp_path)
    assert "TomekLinks needs dense features; tfidf is sparse" in page.text
    assert "Expected n_neighbors <= n_samples_fit" in page.text
    assert "10 failed, 10 not applicable" in page.text


def test_another_split_is_named_and_never_averaged_in(
    small: SyntheticResults, tmp_path: Path
) -> None:
    naive = small.values.filter(pl.col("seed") == 0).with_columns(
        pl.lit("random").alias("split"), pl.lit(9.0).alias("value")
    )
    both = replace(small, values=pl.concat([small.values, naive]))
    page, _ = _render(both, tmp_path)
    assert "Another split (random) was measured" in page.text
    first, _ = _render(small, tmp_path)
    assert json.loads(page.scripts[0])["rows"] == json.loads(first.scripts[0])["rows"]


@pytest.mark.parametrize("empty", ["values", "comparisons", "per_target", "reliability"])
def test_an_empty_table_still_gives_a_page(
    small: SyntheticResults, tmp_path: Path, empty: str
) -> None:
    page, _ = _render(replace(small, **{empty: pl.DataFrame()}), tmp_path)
    assert "longshelf run suites/fashion.yaml" in page.text


def test_asking_for_too_much_or_nothing_is_an_input_error(
    small: SyntheticResults, tmp_path: Path
) -> None:
    language: Any = "fr"
    with pytest.raises(InputError, match="unknown language 'fr'"):
        render(small, tmp_path / "a.html", language=language)
    with pytest.raises(InputError, match="at least one planned cell"):
        render(replace(small, cells=small.cells.clear()), tmp_path / "a.html")


def test_the_moving_cut_equals_a_naive_loop() -> None:
    rng = np.random.default_rng(5)
    count = rng.integers(0, 400, 30).astype(float)
    recall, plain = rng.random(30), rng.random(30)
    recall[4] = np.nan
    order = sorted(range(30), key=lambda i: -count[i])
    for share, found in zip(CUTS, cut_changes(recall, plain, count), strict=True):
        held, tail = 0.0, []
        for i in order:
            if held >= share * count.sum() and not np.isnan(recall[i]):
                tail.append(recall[i] - plain[i])
            held += count[i]
        assert found == pytest.approx(np.mean(tail), rel=1e-3)


def test_a_baseline_compared_with_itself_and_a_trivial_rival_carry_no_mark(
    small: SyntheticResults, tmp_path: Path
) -> None:
    itself = (
        small.values.filter(pl.col("strategy") == "none")
        .unique(["features", "model", "metric", "decision", "slice_axis", "slice"])
        .select("dataset", "task", "features", "model", "strategy", "decision", "metric",
                "slice_axis", "slice", "value")
        .with_columns(
            baseline=pl.lit("none"), seeds=pl.lit(5), difference=pl.lit(0.0), verdict=pl.lit("~"),
            rank=pl.lit(1), rival=pl.lit("NameMatch"), against_rival=pl.lit("below"),
        )
    )  # fmt: skip
    compared = pl.concat([small.comparisons, itself], how="diagonal_relaxed")
    page, _ = _render(replace(small, comparisons=compared), tmp_path)
    data = json.loads(page.scripts[0])
    flags = {arm[5] for arm in data["arms"]}
    assert flags == {0, 1, 2}
    for index, arm in enumerate(data["arms"]):
        flat = data["rows"][str(index)]
        marks = {(flat[i + 2], flat[i + 6]) for i in range(0, len(flat), 11)}
        assert (marks == {(None, -1)}) == (arm[5] > 0)


def test_a_model_with_one_strategy_is_no_trivial_rival_unless_the_run_says_so(
    small: SyntheticResults, tmp_path: Path
) -> None:
    rivals = {arm[3] for arm in _arms_shown(small, tmp_path) if arm[5] & 2}
    assert rivals
    for said, wanted in ((rivals, {2}), ({"SomeOther"}, {6})):
        told = replace(small, about={**small.about, "rivals": sorted(said)})
        assert {arm[5] for arm in _arms_shown(told, tmp_path) if arm[5] & 2} == wanted


def _arms_shown(results: SyntheticResults, tmp_path: Path) -> list[list[Any]]:
    page, _ = _render(results, tmp_path)
    data = json.loads(page.scripts[0])
    return [[*arm[:3], data["names"]["model"][arm[3]], *arm[4:]] for arm in data["arms"]]
