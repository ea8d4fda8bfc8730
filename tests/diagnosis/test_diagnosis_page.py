"""The page: whole, small, escaped, in two languages, and switching in a browser."""

import re

import numpy as np
import polars as pl
import pytest

from longshelf.diagnosis import diagnose
from longshelf.diagnosis.crosstab import Crosstab
from longshelf.diagnosis.heat import heat
from longshelf.tables import Card, Dataset, Schema

EVIL = "<script>alert(1)</script>&\"'"


def shop(rows=3000, classes=40):
    rng = np.random.default_rng(0)
    code = np.minimum(rng.zipf(1.5, rows) - 1, classes - 1)
    return Dataset(
        name=f"shop {EVIL}",
        rows=pl.DataFrame(
            {
                "x": [f"title {i % 900}" for i in range(rows)],
                "y": [f"class {c} {EVIL}" for c in code],
                "who": rng.choice(["f", "m", EVIL], rows).tolist(),
            }
        ),
        schema=Schema(label=("y",), text=("x",), group=("who",)),
        card=Card(title="", licence="own"),
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return diagnose(shop()).html(tmp_path_factory.mktemp("page") / "d.html", language="zh")


def test_page_is_escaped_and_fetches_nothing(written):
    text = written.read_text(encoding="utf-8")
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert EVIL not in text
    assert not re.search(r"""(src|href)\s*=|https?://|@import|url\(""", text)


def test_page_holds_both_languages_with_the_one_asked_for_first(written):
    text = written.read_text(encoding="utf-8")
    assert '<html lang="zh" data-language="zh">' in text
    assert text.count('<span lang="en">') == text.count('<span lang="zh">') > 20
    assert text.count('<text lang="en"') == text.count('<text lang="zh"') >= 4
    assert text.count("<svg") == 2


def test_size_does_not_grow_with_the_data(tmp_path):
    small = diagnose(shop(3000, 40)).html(tmp_path / "a.html").stat().st_size
    large = diagnose(shop(60_000, 20_000)).html(tmp_path / "b.html").stat().st_size
    assert large < 1.5 * small < 150_000


@pytest.mark.parametrize("classes", [1, 2, 3])
def test_few_classes_draw_too(tmp_path, classes):
    rows = pl.DataFrame({"y": [f"c{i % classes}" for i in range(30)]})
    card = Card(title="", licence="own")
    data = Dataset(name="few", rows=rows, schema=Schema(label=("y",)), card=card)
    text = diagnose(data).html(tmp_path / "few.html").read_text(encoding="utf-8")
    assert "nan" not in text
    assert "inf" not in re.sub(r"[a-z]*inf[a-z]+", "", text.lower())


def test_heat_by_hand():
    # 60 rows: f 40, m 20; a 30, b 30; expected 20 20 / 10 10
    cells = pl.DataFrame(
        {"group": ["f", "f", "m", "m"], "label": ["a", "b", "a", "b"], "len": [10, 30, 20, 0]}
    ).filter(pl.col("len") > 0)
    table = Crosstab(
        column="who", groups=(("f", 40), ("m", 20)), cramers_v=0.0, empty=1, under_30=2,
        smallest=(), cells=cells,
    )  # fmt: skip
    seen = heat(table, classes=2, groups=2)
    tiles = {label: [(t.rows, t.lift, t.side) for t in line] for label, line in seen.lines}
    assert tiles == {
        "a": [(10, 0.5, "less"), (20, 2.0, "more")],
        "b": [(30, 1.5, "more"), (0, 0.0, "less")],
    }
    assert seen.left_out == (0, 0)
    assert heat(table, classes=1, groups=1).left_out == (1, 1)


@pytest.mark.browser
def test_switch_and_phone_width_in_a_browser(browser, written):
    tab = browser.new_page(viewport={"width": 360, "height": 740})
    troubles = []
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    tab.goto(written.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") == 360
    assert tab.locator("#first").inner_text().strip() == "先看什么"
    tab.click("#switch")
    assert tab.locator("#first").inner_text().strip() == "What to look at first"
    tab.close()
    assert troubles == []
