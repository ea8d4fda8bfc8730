"""The shop window in a real browser: lists, search, reasons, both languages, a hostile title, a phone."""

import time

import numpy as np
import polars as pl
import pytest
from running import Server
from small_shop import goods, save_shop, user_name

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("default"),
]
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def until(told):
    """Wait for the page; its policy forbids scripts of the test's own."""
    end = time.monotonic() + 20
    while not told():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("window")
    catalogue = goods(300, np.random.default_rng(0)).with_columns(
        pl.when(pl.col("item") == "i0").then(pl.lit(HOSTILE)).otherwise("title").alias("title"),
        pl.when(pl.col("item") == "i1").then(pl.lit('"><b>Box')).otherwise("category")
        .alias("category"),
    )  # fmt: skip
    folder = save_shop(home / "shop", catalogue=catalogue, name=HOSTILE)
    (home / "trial.json").write_text(
        '{"name": "quota", "arms": {"plain": {"share": 0.5}, "tail": {"dials": {"tail": 0.3}}}}'
    )
    users = [word for n in range(3) for word in ("--user", user_name(n))]
    running = Server(home, folder, *users, "--user", HOSTILE, "--trial", "trial.json")
    yield running
    running.stop()


@pytest.fixture(params=[(1280, 900), (390, 844)], ids=["desk", "phone"])
def page(request, browser, server):
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    complaints = []
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
    opened.on(
        "request",
        lambda r: None if r.url.startswith((server.url, "data:")) else complaints.append(r.url),
    )
    opened.goto(server.url)
    opened.wait_for_selector("#list article")
    yield opened
    context.close()
    assert complaints == []


def test_the_window_from_a_list_to_a_purchase(page, server):
    assert page.locator("#list article").count() == 20
    assert page.locator("#title").inner_text() == f"For {user_name(0)}"
    assert "trial quota, arm" in page.locator("#about").inner_text()
    wide = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert wide
    page.locator("#list .why").first.click()
    page.wait_for_selector("#list .reasons p")
    assert "Because of what you had" in page.locator("#list .reasons").first.inner_text()
    page.locator("#list .like").nth(1).click()
    page.wait_for_selector("#related article")
    assert page.locator("#related article").count() == 8
    page.locator("#list .buy").nth(2).click()
    page.wait_for_selector("#list .buy[disabled]")
    page.locator("[data-language=zh]").click()
    assert page.locator("#title").inner_text() == f"为 {user_name(0)} 推荐"
    assert page.locator("html").get_attribute("lang") == "zh"


def test_a_quota_can_be_turned_and_searching_finds(page):
    def turn():
        with page.expect_response("**/recommend"):
            page.locator("#tail").fill("1")
        until(lambda: page.locator("#list .badge.tail").count() == 20)

    turn()
    assert page.locator("#tail-value").inner_text() == "100%"
    page.locator("#query").fill("number 42")
    page.keyboard.press("Enter")
    until(lambda: "number 42" in page.locator("#title").inner_text())
    assert "number 42" in page.locator("#list .name").first.inner_text()
    page.locator("#query").fill("xyzzy")
    page.keyboard.press("Enter")
    until(lambda: page.locator("#list article").count() == 0)
    assert "Nothing is found" in page.locator("#list").inner_text()


def test_what_a_seller_or_a_user_writes_is_only_text(page):
    page.locator("#user").fill(HOSTILE)
    page.locator("#user").press("Tab")
    until(lambda: page.locator("#title").inner_text() == "What is popular")
    names = page.locator("#list .name").all_inner_texts()
    assert HOSTILE in names
    assert page.locator("#list img, #list script").count() == 0
    assert HOSTILE in page.locator("#foot").inner_text()
