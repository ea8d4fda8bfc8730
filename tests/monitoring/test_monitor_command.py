"""The command and its page: tables, JSON, state, and what a browser shows."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import polars as pl
import pytest
from typer.testing import CliRunner

from longshelf.cli.app import app
from longshelf.errors import InputError
from longshelf.monitoring import observe, page
from longshelf.monitoring.drawing import Series, draw
from longshelf.trials import report_trial
from made_traffic import HOUR, catalogue, quiet


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("monitor")
    quiet().write_parquet(folder / "events.parquet")
    catalogue().write_parquet(folder / "catalogue.parquet")
    return folder


def asked(folder, *more: str):
    return CliRunner().invoke(
        app,
        ["monitor", str(folder / "events.parquet"), "--catalogue", str(folder / "catalogue.parquet"),
         "--reference", "5", "--wait", "5", *more],
    )  # fmt: skip


def test_tables_for_people_and_json_for_programs(files) -> None:
    shown = asked(files).output
    assert "no alert is raised" in shown
    assert "sample ratio holds" in shown
    assert "balanced accuracy (CBPE)" in shown
    told = json.loads(asked(files, "--once", "--json").output)
    assert told["alerts"]["raised"] == []
    assert len(told["reference"]) == 5


def test_state_is_kept_between_looks(files) -> None:
    path = files / "state.json"
    asked(files, "--state", str(path))
    first = path.read_text()
    asked(files, "--state", str(path))
    assert path.read_text() == first
    assert json.loads(first)["upto"] > 5 * HOUR


def test_the_reference_may_begin_later(files) -> None:
    told = json.loads(asked(files, "--since", "1970-01-01T02:00", "--json").output)
    assert told["reference"][0] == 2 * HOUR
    wrong = asked(files, "--since", "yesterday")
    assert "2026-11-22" in str(wrong.exception)


def test_what_cannot_be_read_is_said(files) -> None:
    for words in (["nowhere.db"], [str(files / "events.parquet"), "--catalogue", "none.parquet"],
                  [str(files / "events.parquet"), "--every", "-1"]):  # fmt: skip
        assert isinstance(CliRunner().invoke(app, ["monitor", *words]).exception, InputError)


def test_the_services_own_database_is_read(files) -> None:
    sqlite = pytest.importorskip("longshelf.serving.events.sqlite", reason="needs the extra serve")
    from longshelf.serving.events.record import Record

    path = files / "events.db"
    store = sqlite.SqliteEvents(path)
    store.append([
        Record(event=f"e{n}", time=1000.0 + n, kind="impression", request=f"r{n}", user=f"u{n}",
               surface="recommend", items=["a", "b"], positions=[1, 2], slices=["head", "tail"],
               scores=[0.5, 0.1], trial="t", arm="plain", propensity=0.5)
        for n in range(20)
    ])  # fmt: skip
    store.append([
        Record(event="c", time=1100.0, kind="click", request="r3", user="u3", surface="", items=["b"],
               positions=[0], slices=[""], scores=[None])
    ])  # fmt: skip
    store.close()
    told = json.loads(CliRunner().invoke(app, ["monitor", str(path), "--json"]).output)
    tail = next(row for row in told["windows"] if row["part"] == "tail")
    assert (tail["exposures"], tail["clicks"]) == (20, 1)


class Balanced(HTMLParser):
    """Counts tags that are opened and not closed, and addresses that would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.fetched = [], []

    def handle_starttag(self, tag, attrs) -> None:
        self.fetched += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "link", "br", "input", "line"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        pass

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def test_the_page_holds_everything_itself_and_escapes_names(files) -> None:
    nasty = quiet().with_columns(
        trial=pl.lit("<script>alert(1)</script>"), group=pl.format("<b>{}", "group")
    )
    seen = observe(nasty, catalogue=catalogue(), reference=5, wait=300)
    html = page(seen, [report_trial(nasty)], every=7)
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    assert parser.fetched == []
    assert "<script>alert" not in html
    assert "<b>" not in html
    assert '<meta http-equiv="refresh" content="7">' in html
    assert "refresh" not in page(seen)
    assert len(html) < 200_000
    assert html.index("sample ratio holds") < html.index("lift, always valid")


class Chinese(HTMLParser):
    """What a page shows to who reads Chinese."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.text = [], ""

    def handle_starttag(self, tag, attrs) -> None:
        if tag not in ("meta", "link", "br", "input", "line"):
            self.hidden.append(tag in ("style", "script") or ("lang", "en") in attrs)

    def handle_startendtag(self, tag, attrs) -> None:
        pass

    def handle_endtag(self, tag) -> None:
        self.hidden.pop()
        self.text += " | "

    def handle_data(self, data) -> None:
        self.text += "" if any(self.hidden) else data


def test_the_chinese_page_has_no_english_sentence() -> None:
    swapped = pl.when(pl.col("user").hash(seed=2) % 50 == 0).then(pl.lit("plain")).otherwise("arm")
    mixed = quiet().with_columns(
        arm=pl.when(pl.col("time") > 6 * HOUR).then(swapped).otherwise("arm")
    )
    lost = quiet().filter(~((pl.col("arm") == "plain") & (pl.col("user").hash(seed=1) % 3 == 0)))
    no_scores = quiet().with_columns(pl.col("score") * 9 - 4)
    seen = [
        observe(quiet(), catalogue=catalogue(), reference=5, wait=300),
        observe(no_scores, reference=5, wait=300),
        observe(quiet().head(90), reference=5, wait=300),
    ]
    trials = [report_trial(one) for one in (quiet(), mixed, lost)]
    for one in seen:
        parser = Chinese()
        parser.feed(page(one, trials, language="zh"))
        assert "在线服务" in parser.text
        assert "样本比例" in parser.text
        assert re.findall(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2,}", parser.text) == []


def test_lines_are_drawn_only_where_there_are_two_points() -> None:
    def one(points):
        return Series(en="a", zh="甲", kind="one", points=points)

    assert draw([one([(0.0, 1.0)])], "x", "y") is None
    assert draw([one([(0.0, None), (1.0, float("nan"))])], "x", "y") is None
    drawn = str(draw([one([(0.0, 1.0), (60.0, 3.0), (120.0, 2.0)])], "x", "y", mark=1.0))
    path = re.search(r'class="line one" d="M([^"]+)"', drawn)[1]
    heights = [float(point.split(",")[1]) for point in path.split("L")]
    assert heights[1] < heights[2] < heights[0]
    assert drawn.count("<path") == 1
    flat = str(draw([one([(0.0, 0.0), (60.0, 0.0)])], "x", "y"))
    assert "nan" not in flat


@pytest.mark.browser
@pytest.mark.filterwarnings("default")
def test_a_browser_shows_it_wide_and_narrow_in_both_languages(browser, files) -> None:
    path = files / "monitor.html"
    assert asked(files, "--page", str(path)).exit_code == 0
    complaints: list[str] = []
    for width in (1280, 390):
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(path.as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert tab.locator(".charts svg").count() == 9
        for drawn in tab.locator(".charts svg").all():
            inside = drawn.evaluate(
                "e => [...e.querySelectorAll('text')].filter(t => t.getClientRects().length)"
                ".every(t => { const b = t.getBBox(); return b.x >= 0 && b.x + b.width <= 440 })"
            )
            assert inside, drawn.get_attribute("aria-label")
        tab.click("#switch")
        assert tab.locator("h1:visible").inner_text() == "在线服务"
        tab.click("#switch")
        tab.close()
    assert complaints == []
