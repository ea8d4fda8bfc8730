"""The gallery in a real browser: from phone to desk, light and dark, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from synthetic_gallery import simulate_gallery

from longshelf.report import render

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = render(simulate_gallery(harm=True), tmp_path_factory.mktemp("gallery") / "report.html")
    complaints: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)  # fmt: skip
    page.goto(path.as_uri())
    yield page
    page.close()
    assert complaints == []


def test_texts_have_a_gallery_and_no_empty_figures(page: Any) -> None:
    assert page.locator("#gallery").is_visible()
    assert page.locator("nav a[href='#gallery']").is_visible()
    assert page.locator("#gallery .sample").count() == 12
    for name in ("classes", "calibration"):
        assert page.locator(f"#{name}").is_hidden()
        assert page.locator(f"nav a[href='#{name}']").is_hidden()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [320, 768, 1600])
def test_nothing_runs_out_of_the_page(page: Any, language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.click(f"[data-language={language}]")
    page.wait_for_timeout(100)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    inside = page.evaluate(
        "[...document.querySelectorAll('#gallery .sample *')].every((each) => {"
        " const box = each.getBoundingClientRect();"
        " const card = each.closest('.sample').getBoundingClientRect();"
        " return !box.width || (box.right <= card.right + 1 && box.left >= card.left - 1); })"
    )
    assert inside
    shown = page.locator("#gallery").inner_text()
    assert ("真实文案" in shown) == (language == "zh")
    if language == "zh":
        for word in ("Samples", "real text", "training texts", "Does", "perplexity"):
            assert word not in shown


def test_marked_words_can_be_read_in_the_dark(page: Any) -> None:
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    styles = page.evaluate(
        "[...document.querySelectorAll('.legend mark')].map((each) => {"
        " const style = getComputedStyle(each); return [style.color, style.backgroundColor]; })"
    )
    page.evaluate("delete document.documentElement.dataset.theme")
    for ink, ground in styles:
        light, dark = (_luminance(colour) for colour in (ink, ground))
        assert (light + 0.05) / (dark + 0.05) > 4.5


def _luminance(colour: str) -> float:
    shares = [int(x) / 255 for x in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
