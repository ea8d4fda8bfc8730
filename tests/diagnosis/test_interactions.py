"""Items and users of a log by hand, against the split, and in words of two languages."""

import json
import re

import numpy as np
import polars as pl
import pytest

from longshelf.diagnosis import diagnose
from longshelf.diagnosis.rivals import Rivals
from longshelf.errors import InputError
from longshelf.splits import ByTime
from longshelf.tables import Card, Dataset, Schema
from longshelf.tasks import Rank

CARD = Card(title="by hand", licence="own")


def made(columns, *, targets=None, **roles):
    return Dataset(
        name="hand", rows=pl.DataFrame(columns), schema=Schema(**roles), card=CARD, targets=targets
    )


def log(n=2000, seed=0):
    rng = np.random.default_rng(seed)
    return made(
        {
            "who": [f"u{k}" for k in rng.zipf(1.4, n) % 300],
            "what": [f"i{k}" for k in rng.zipf(1.3, n) % 200],
            "day": np.sort(rng.integers(0, 400, n)).tolist(),
            "land": np.where(rng.random(n) < 0.3, "fr", "uk").tolist(),
        },
        user="who", item="what", time="day", group=("land",),
    )  # fmt: skip


def test_pairs_and_activity_by_hand():
    data = made(
        {"u": list("aaaabbc") + [None], "i": list("xxyzxyx") + ["x"]},
        user="u", item="i", targets=pl.DataFrame({"i": list("vwxyz")}),
    )  # fmt: skip
    seen = diagnose(data).interactions
    assert (seen.role, seen.rows, seen.sources, seen.items) == ("user", 7, 3, 3)
    assert (seen.pairs, seen.repeated, seen.listed) == (6, 1, 2)
    assert seen.density == pytest.approx(6 / 9)
    # rows per user 1, 2, 4: the first at 10%, the second at half, the third above two thirds
    assert seen.activity == ((0.1, 1), (0.5, 2), (0.9, 4), (0.99, 4))
    assert (seen.most, seen.under_3) == (pytest.approx(4 / 7), 2)
    assert (seen.grades, seen.irrelevant, seen.future) == ((), 0, None)


def test_cold_rows_are_those_the_split_by_time_counts():
    data = log()
    problem = Rank().pose(data)
    said = ByTime().assign(problem, 0).findings[0].replace(",", "")
    future = diagnose(data).interactions.future
    rows, cold_rows, cold, item_rows, items = map(int, re.findall(r"\d+", said))
    assert (future.rows, future.source_rows, future.sources) == (rows, cold_rows, cold)
    assert (future.item_rows, future.items) == (item_rows, items)


def test_a_time_that_cannot_be_cut_says_nothing_of_the_future():
    data = made({"u": list("abc"), "i": list("xyz"), "t": [1, 1, 1]}, user="u", item="i", time="t")
    assert diagnose(data).interactions.future is None


def test_popularity_by_group_is_head_torso_and_tail():
    # 60 of a, 25 of b, 15 of c: head, torso, tail
    items = ["a"] * 60 + ["b"] * 25 + ["c"] * 15
    groups = ["f"] * 50 + ["m"] * 50
    data = made(
        {"u": [f"u{k}" for k in range(100)], "i": items, "sex": groups},
        user="u", item="i", group=("sex",),
    )  # fmt: skip
    (table,) = diagnose(data).crosstabs
    assert sorted(table.cells.rows()) == [
        ("f", "head", 50), ("m", "head", 10), ("m", "tail", 15), ("m", "torso", 25),
    ]  # fmt: skip
    rows = dict(next(rows for title, _, rows in diagnose(data).table() if title == "group sex"))
    assert rows == {"f": "head 100%, torso 0%, tail 0% (50 rows)",
                    "m": "head 20%, torso 50%, tail 30% (50 rows)"}  # fmt: skip


def test_judgements_count_what_is_relevant():
    data = made(
        {"q": list("aaabb"), "i": list("xyzxy"), "g": [2.0, 0.0, 1.0, 1.0, 0.0]},
        query="q", item="i", grade="g",
    )  # fmt: skip
    seen = diagnose(data)
    assert (seen.balance.rows, seen.balance.classes, seen.balance.largest) == (3, 2, 2)
    assert (seen.interactions.role, seen.interactions.rows) == ("query", 5)
    assert seen.interactions.grades == ((0.0, 2), (1.0, 2), (2.0, 1))
    assert seen.interactions.irrelevant == 2
    with pytest.raises(InputError, match="no judgement"):
        diagnose(made({"q": ["a"], "i": ["x"], "g": [0.0]}, query="q", item="i", grade="g"))


def test_no_word_of_labels_or_accuracy_where_items_are_ranked(tmp_path):
    seen = diagnose(log())
    assert (seen.rivals, seen.repeats, seen.names_class) == (None, None, None)
    page = seen.html(tmp_path / "log.html").read_text(encoding="utf-8")
    body = page[page.index("<body>") :]
    english = " ".join(" ".join((title, *row)) for title, _, rows in seen.table() for row in rows)
    for text in (re.sub(r"<[^>]*>", " ", body), english):
        assert not re.search(r"accuracy|\blabel|\bclass(es)?\b|macro|类别|标签|准确率", text)
    assert "longshelf run says it" in body
    assert body.count('<span lang="en">') == body.count('<span lang="zh">') > 30


def test_a_labelled_log_keeps_its_label():
    data = made(
        {"u": list("abab"), "i": list("xyyx"), "y": [1, 0, 0, 0]}, user="u", item="i", label=("y",)
    )
    seen = diagnose(data)
    assert (seen.label, seen.interactions) == ("y", None)
    assert seen.rivals == Rivals.of(np.array([3.0, 1.0]))


def test_tables_and_json_say_the_same_in_both_languages():
    seen = diagnose(log())
    english, chinese = seen.table(), seen.table("zh")
    assert [len(rows) for _, _, rows in english] == [len(rows) for _, _, rows in chinese]
    assert [title for title, _, _ in english][1:] == [
        "items what", "users who", "a split by time", "without looking", "group land",
    ]  # fmt: skip
    content = json.loads(seen.to_json())
    assert content["interactions"]["sources"] == seen.interactions.sources
    assert content["rivals"] is None


def test_what_to_look_at_first_in_a_log():
    n = 400
    columns = {
        "u": ["robot"] * 200 + [f"u{k}" for k in range(200)],
        "i": ["bag"] * 150 + [f"i{k % 60}" for k in range(250)],
        "t": list(range(n)),
    }
    first = diagnose(made(columns, user="u", item="i", time="t")).first
    said = " ".join(sentence.en for sentence in first)
    assert len(first) == 5
    for part in ("have under 10 rows", "have under 3 rows", "holds 50% of rows",
                 "the past does not know", "repeat an earlier pair"):  # fmt: skip
        assert part in said
    assert all(0 <= sentence.severity <= 1 for sentence in first)
    assert all(any("\u4e00" <= c <= "\u9fff" for c in sentence.zh) for sentence in first)


def test_groups_of_another_taste_and_constant_grades_are_said():
    items = ["a"] * 600 + ["b"] * 250 + ["c"] * 150
    columns = {"u": [f"u{k % 200}" for k in range(1000)], "i": items,
               "sex": ["f"] * 500 + ["m"] * 500}  # fmt: skip
    data = made(columns, user="u", item="i", group=("sex",))
    assert any("sex=m takes 30% of its rows from the tail, f 0%" in s.en for s in
               diagnose(data).first)  # fmt: skip
    flat = made({"q": list("ab"), "i": list("xy"), "g": [1.0, 1.0]}, query="q", item="i", grade="g")
    assert any("All grades are 1" in sentence.en for sentence in diagnose(flat).first)


def test_even_items_get_one_calm_sentence():
    columns = {"u": [f"u{k // 20}" for k in range(400)], "i": [f"i{k % 20}" for k in range(400)]}
    (only,) = diagnose(made(columns, user="u", item="i")).first
    assert only.en.startswith("Nothing stands out: items")
