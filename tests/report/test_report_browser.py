"""The page in a real browser: sorting, filtering, both languages, keyboard, phone width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from synthetic_report import simulate

from longshelf.report import render

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    results = simulate(datasets=("fashion", "<script>alert(1)</script>"), hostile=True, classes=40)
    return render(results, path).as_uri()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on(
        "console", lambda said: complaints.append(said.text) if said.type == "error" else None
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
    opened.on(
        "request",
        lambda asked: (
            None if asked.url.startswith(("file:", "data:")) else complaints.append(asked.url)
        ),
    )
    opened.goto(address)
    yield opened
    context.close()
    assert complaints == []


def _column(page: Any, number: int) -> list[str]:
    cells = page.locator(f"#leaderboard tbody tr > :nth-child({number})")
    return [text.strip() for text in cells.all_inner_texts()]


def test_a_click_on_a_heading_sorts_and_says_so(page: Any) -> None:
    heading = page.locator("th[data-column=value]")
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    falling = [float(x) for x in _column(page, 3)]
    assert falling == sorted(falling, reverse=True)
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert [float(x) for x in _column(page, 3)] == sorted(falling)
    assert page.locator("th[data-column=rank]").get_attribute("aria-sort") is None


def test_the_script_draws_the_board_that_stood_in_the_page(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(address)
    shown = (1, 3, 5, 10)
    before = [_column(still, number) for number in shown]
    context.close()
    context = browser.new_context()
    alive = context.new_page()
    alive.goto(address)
    after = [_column(alive, number) for number in shown]
    context.close()
    own = len(before[0])
    assert own > 10
    assert [column[:own] for column in after] == before
    assert sorted(set(before[3])) == ["", "1,200 · 0.36"]


def test_filters_change_board_and_plots(page: Any) -> None:
    before = page.locator("#plot-tradeoff svg").inner_html()
    page.select_option("#filter-features", label="tfidf")
    assert "tfidf" in page.locator("#board-caption").inner_text()
    assert page.locator("#plot-tradeoff svg").inner_html() != before
    page.fill("#filter-search", "smote")
    assert all("smote" in name.lower() for name in _column(page, 2))
    page.fill("#filter-search", "")
    page.select_option("#filter-metric", value="log_loss")
    page.select_option("#filter-dataset", index=1)
    assert "<script>" in page.locator("#board-caption").inner_text()
    page.select_option("#filter-features", value="")
    assert page.locator("#leaderboard tbody tr").count() > 30


def test_the_language_switch_leaves_no_word_behind(page: Any) -> None:
    assert page.locator("#verdict-title").inner_text() == "Verdict"
    page.click("[data-language=zh]")
    assert page.locator("html").get_attribute("lang") == "zh"
    assert page.locator("#verdict-title").inner_text() == "结论"
    assert "在尾部" in page.locator(".headline").first.inner_text()
    assert "宏平均 F1" in page.locator("#board-caption").inner_text()
    assert page.locator("[data-language=zh]").get_attribute("aria-pressed") == "true"
    shown = page.locator("main").inner_text()
    for word in ("Leaderboard", "plain training", "Against", "Pareto", "training rows", "Remedy"):
        assert word not in shown


def test_the_keyboard_reaches_and_walks_a_plot(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("#plot-tradeoff")
    page.keyboard.press("ArrowRight")
    first = page.locator("#live").inner_text()
    page.keyboard.press("ArrowRight")
    assert first
    assert page.locator("#live").inner_text() != first
    assert page.locator("#tip").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#tip").is_visible()


def test_every_plot_has_a_name_and_its_numbers(page: Any) -> None:
    for name in ("tradeoff", "classes", "cuts", "calibration", "cost"):
        assert page.locator(f"#plot-{name}").get_attribute("aria-label"), name
        page.click(f"[data-table={name}] summary")
        page.wait_for_selector(f"[data-table={name}] tbody tr")
    assert page.locator("#heat tbody tr").count() > 5


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_runs_out_of_the_page(page: Any, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.click(f"[data-language={language}]")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.wait_for_timeout(150)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_paper_is_white_and_holds_the_tables_whatever_the_theme(page: Any) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": 720, "height": 1000})
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    ends = page.evaluate("document.querySelector('#leaderboard').getBoundingClientRect().right")
    assert ends <= 720


def test_the_theme_button_turns_the_page_dark(page: Any) -> None:
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
