"""The ranking section in a real browser: every figure drawn, named, walked, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from synthetic_ranking import simulate_ranking

from longshelf.report import render

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("default"),
]
FIGURES = ("frontier", "exposure", "lift", "intervened")


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = render(simulate_ranking(), tmp_path_factory.mktemp("ranking") / "report.html")
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)  # fmt: skip
    page.goto(path.as_uri())
    yield page
    page.close()
    assert complaints == []


def test_every_figure_is_drawn_named_and_has_its_numbers(page: Any) -> None:
    for name in FIGURES:
        assert page.locator(f"#plot-{name} svg").count() >= 1, name
        assert page.locator(f"#plot-{name}").get_attribute("aria-label"), name
        page.click(f"[data-table={name}] summary")
        page.wait_for_selector(f"[data-table={name}] tbody tr")
    assert page.locator("#plot-exposure svg").count() == 2
    assert page.locator("[data-table=lift] tbody tr").count() == 4
    assert page.locator("#calibration").is_hidden()
    assert page.locator("nav a[href='#ranking']").is_visible()


def test_the_upward_axis_can_be_chosen(page: Any) -> None:
    before = page.locator("#plot-frontier svg").inner_html()
    options = page.locator("#frontier-y option").all_inner_texts()
    assert "catalogue coverage@20" in options
    page.select_option("#frontier-y", label="catalogue coverage@20")
    assert page.locator("#plot-frontier svg").inner_html() != before


def test_lists_stand_side_by_side_and_follow_the_chosen_arm(page: Any) -> None:
    pairs = page.locator(".list-pair")
    assert pairs.count() == 6
    assert pairs.first.locator("ol").count() == 2
    assert pairs.first.locator("ol").first.locator("li").count() == 10
    before = page.locator("#list-pairs").inner_text()
    page.select_option("#filter-arm", label="TailQuota(share=0.3)")
    assert page.locator("#list-pairs").inner_text() != before
    assert page.locator(".list-pair .fresh").count() > 0
    assert "User 1" in page.locator("#list-pairs").inner_text()


def test_the_keyboard_walks_the_exposure_curves(page: Any) -> None:
    page.focus("#plot-exposure")
    page.keyboard.press("ArrowRight")
    assert "%" in page.locator("#live").inner_text()
    page.keyboard.press("Escape")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_runs_out_of_the_page(page: Any, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.click(f"[data-language={language}]")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.wait_for_timeout(150)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = page.locator("#ranking").inner_text()
    assert ("用户 1" in shown) == (language == "zh")
    if language == "zh":
        for word in ("Lorenz", "Held by", "places", "Natural", "plain training", "coverage"):
            assert word not in shown
