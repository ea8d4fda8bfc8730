"""What the page shows of written texts: samples, both answers, their size and safety."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats
from synthetic_gallery import ARMS, HARM, simulate_gallery
from synthetic_ranking import simulate_ranking
from synthetic_report import SyntheticResults, simulate

from longshelf.report import render
from longshelf.report.gallery import LENGTH, Piece, pieces
from longshelf.report.render import MOST_BYTES
from longshelf.report.thin_data import thinner


class _Gallery(HTMLParser):
    """The marked words and the visible English text of the gallery."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.marked: list[tuple[str, str]] = []
        self.open: list[tuple[str, str]] = []
        self.text = ""
        self.tags: set[str] = set()
        found = re.search(r'<section id="gallery".*?</section>', html, re.S)
        self.feed(found.group(0) if found else "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open.append((tag, dict(attrs).get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if ("span", "l-zh") in self.open:
            return
        self.text += data
        if self.open and self.open[-1][0] == "mark":
            self.marked.append((data, self.open[-1][1]))


@pytest.fixture(scope="module")
def run() -> SyntheticResults:
    return simulate_gallery()


def page(results: SyntheticResults, folder: Path, **how: Any) -> tuple[_Gallery, str]:
    html = render(results, folder / "report.html", **how).read_text(encoding="utf-8")
    return _Gallery(html), html


def test_the_same_rows_stand_side_by_side_with_what_they_name_marked(
    run: SyntheticResults, tmp_path: Path
) -> None:
    found, html = page(run, tmp_path)
    text = " ".join(found.text.split())
    for shelf in ("head", "torso", "tail"):
        assert re.findall(rf"{shelf} kind \d+", text) == [f"{shelf} kind {i}" for i in range(4)]
    for model, strategy in ARMS:
        assert text.count(f"{model} {strategy} blue & Red shirt") == 12
    assert text.count("Acme Men Red Shirt") == 12
    assert found.marked.count(("Red", "asked")) == 12 + 12 * len(ARMS)
    assert found.marked.count(("blue", "other")) == 12 * len(ARMS)
    assert '<a href="#gallery">' in html
    assert html.index('id="gallery"') < html.index('id="tradeoff"')


def test_both_questions_are_answered_with_figures(run: SyntheticResults, tmp_path: Path) -> None:
    found, html = page(run, tmp_path)
    text = " ".join(found.text.split())
    (worse,) = re.findall(r"By perplexity, the tail is worse: (.*?\))\.", text)
    (low, high) = re.fullmatch(r"ngram_writer \(×(1\.\d+) → ×(2\.\d+)\)", worse).groups()  # type: ignore[union-attr]
    assert (float(low), float(high)) == (pytest.approx(1.5, abs=0.03), pytest.approx(2.4, abs=0.05))
    assert "By attributes named, head and tail cannot be told apart" in text
    mended = re.findall(r"ClassBalancedSampling on ngram_writer: (.*?\))\. Head →", text)
    tail, head = mended[0].split("; ")
    assert tail.startswith("on the tail, better by likeness to the real text (chrF) (+")
    assert re.search(r"perplexity \(−\d\d\.\d\)", tail)
    assert head.startswith("on the head, worse by likeness to the real text (chrF) (−")
    assert "按困惑度，尾部更差" in re.sub(r"<[^>]+>", "", html)


def test_figures_are_the_means_of_the_table(run: SyntheticResults, tmp_path: Path) -> None:
    found, _ = page(run, tmp_path)
    own = run.values.filter(metric="perplexity", model="ngram_writer", strategy="none")
    mean = {
        (decision, name): own.filter(decision=decision, slice=name)["value"].mean()
        for decision in ("score", "real")
        for name in ("head", "tail")
    }
    assert f"{mean['score', 'head']:.1f} → {mean['score', 'tail']:.1f}" in found.text
    real = run.values.filter(metric="perplexity", decision="real")
    head, tail = (real.filter(slice=name)["value"].mean() for name in ("head", "tail"))
    assert f"{head:.1f} → {tail:.1f}" in found.text


def test_few_seeds_give_figures_and_no_answer(tmp_path: Path) -> None:
    found, _ = page(simulate_gallery(seeds=2), tmp_path)
    assert "By perplexity, figures only, for fewer than 3 seeds" in found.text
    assert "too few seeds to tell" in found.text
    assert "is worse" not in found.text


def test_thinner_is_a_paired_t_interval_of_logs_or_differences() -> None:
    draw = np.random.default_rng(0)
    written = {name: draw.uniform(1, 3, 5).tolist() for name in ("head", "tail")}
    real = {name: draw.uniform(1, 2, 5).tolist() for name in ("head", "tail")}
    logs = [np.log(np.array(written[n]) / real[n]) for n in ("head", "tail")]
    wanted = stats.ttest_rel(logs[1], logs[0]).confidence_interval()
    found = thinner(written, real, ratio=True, falling=True)
    assert (found.low, found.high) == (pytest.approx(wanted.low), pytest.approx(wanted.high))
    assert found.head == pytest.approx(np.exp(logs[0].mean()))
    away = [np.array(written[n]) - real[n] for n in ("head", "tail")]
    found = thinner(written, real, ratio=False, falling=False)
    assert found.worse == pytest.approx((away[0] - away[1]).mean())
    assert found.tail == pytest.approx(away[1].mean())


def test_texts_that_mean_harm_stay_text(tmp_path: Path) -> None:
    found, html = page(simulate_gallery(harm=True, dataset=HARM), tmp_path)
    assert html.count("</script>") == 2
    assert "script" not in found.tags
    assert HARM in found.text
    assert 'data-dataset="&lt;/script&gt;' in html
    assert "长" * 100 in found.text
    assert "长" * LENGTH not in found.text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_opens_in_either_language(
    run: SyntheticResults, tmp_path: Path, language: Any
) -> None:
    _, html = page(run, tmp_path, language=language)
    assert f'<html lang="{language}">' in html
    assert "Samples side by side" in html
    assert "样例对照" in html


def test_many_writers_and_long_texts_stay_under_the_budget(tmp_path: Path) -> None:
    results = simulate_gallery(extra=60, seeds=3)
    long = results.examples.with_columns(text=pl.col("text") + pl.lit("<&>" * 3000))
    object.__setattr__(results, "examples", long)
    found, html = page(results, tmp_path)
    section = re.search(r'<section id="gallery".*?</section>', html, re.S)
    assert section is not None
    assert len(section.group(0).encode()) < 400_000
    assert len(html.encode()) <= MOST_BYTES
    assert "Samples are shown of 10 of 64 writers" in re.sub(r"<[^>]+>", "", html)
    shelves = [re.findall(rf"{name} kind", found.text) for name in ("head", "torso", "tail")]
    assert sum(map(len, shelves)) < 12
    assert max(map(len, shelves)) - min(map(len, shelves)) <= 1
    assert found.text.count("…") == 10 * sum(map(len, shelves))


@pytest.mark.parametrize("absent", ["real values", "examples", "tail", "remedies"])
def test_any_part_may_be_missing(run: SyntheticResults, tmp_path: Path, absent: str) -> None:
    less, examples = run, run.examples  # type: ignore[attr-defined]
    if absent == "real values":
        less = replace(run, values=run.values.filter(decision="score"))
    elif absent == "tail":
        less = replace(run, values=run.values.filter(pl.col("slice") != "tail"))
    elif absent == "remedies":
        less = replace(run, comparisons=run.comparisons.filter(strategy="none"))
    else:
        examples = pl.DataFrame()
    less = replace(less)
    object.__setattr__(less, "examples", examples)
    found, html = page(less, tmp_path)
    assert ('id="gallery"' in html) == (absent != "examples")
    assert ("No remedy was run" in found.text) == (absent == "remedies")


def test_runs_that_classify_or_rank_have_no_gallery_and_texts_no_lists(
    run: SyntheticResults, tmp_path: Path
) -> None:
    for other in (simulate(datasets=("fashion",), strategies=4, classes=20), simulate_ranking()):
        assert 'id="gallery"' not in page(other, tmp_path)[1]
    assert 'id="ranking"' not in page(run, tmp_path)[1]


@pytest.mark.parametrize(
    ("text", "marks", "wanted"),
    [
        ("a red hat", "[[2,5,1]]", [("a ", "plain"), ("red", "asked"), (" hat", "plain")]),
        ("red", "[[0,3,0]]", [("red", "other")]),
        ("red", "[[0,9,1]]", [("red", "plain")]),
        ("a\u202eb", "[[2,3,1]]", [("a ", "plain"), ("b", "asked")]),
        ("", "[]", []),
        (None, None, []),
    ],
)
def test_texts_are_cut_at_their_marks(
    text: str | None, marks: str | None, wanted: list[tuple[str, str]]
) -> None:
    assert pieces(text, marks) == [Piece(*each) for each in wanted]
