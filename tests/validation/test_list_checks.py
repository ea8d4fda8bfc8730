"""Checks of interactions and judgements: each speaks when it should, and classes are let be."""

import numpy as np
import polars as pl
import pytest

from longshelf.errors import InputError
from longshelf.tables import Card, Dataset, Schema
from longshelf.validation import validate
from longshelf.validation.checks import (
    CHECKS,
    DominantValue,
    ThinItem,
    ThinUser,
    TiedInstant,
)

CODES = ("LS022", "LS023", "LS024", "LS025", "LS026", "LS027", "LS028")
LOG = {"user": "u", "item": "i"}


def made(columns, *, targets=None, **roles):
    return Dataset(
        name="hand", rows=pl.DataFrame(columns), schema=Schema(**roles),
        card=Card(title="by hand", licence="own"), targets=targets,
    )  # fmt: skip


def log(n=300, users=20, items=30, **more):
    """Everybody takes different items, one a day."""
    at = np.arange(n)
    columns = {
        "u": [f"u{k % users}" for k in at],
        "i": [f"i{(k // users + k % users) % items}" for k in at],
        "day": at.tolist(),
    }
    return made(columns, **LOG, time="day", **more)


def judgements():
    queries = [f"warm hat {k // 8}" for k in range(80)]
    items = [f"i{k % 8}" for k in range(80)]
    grade = [float(k % 3) for k in range(80)]
    return made({"q": queries, "i": items, "g": grade}, query="q", item="i", grade="g", text=("q",))


def seen(dataset, code, **arguments):
    return validate(dataset, **arguments)[code]


def test_clean_interactions_pass_and_no_class_is_asked_for():
    table = pl.DataFrame({"i": [f"i{k}" for k in range(30)], "text": ["a hat"] * 30})
    report = validate(log(targets=table))
    said = {outcome.code: outcome.status for outcome in report.outcomes}
    assert {code for code, status in said.items() if status == "PASS"} == {*CODES[:-1]}
    assert {status for code, status in said.items() if code not in CODES} == {"SKIP"}
    assert said["LS028"] == "SKIP"


def test_clean_judgements_pass_and_repeated_queries_are_no_duplicates():
    parts = {"train": np.arange(40), "test": np.arange(36, 80)}
    said = {o.code: o.status for o in validate(judgements(), parts=parts).outcomes}
    assert {said[code] for code in ("LS022", "LS026", "LS028")} == {"PASS"}
    assert {said[code] for code in ("LS005", "LS006", "LS007", "LS008", "LS023")} == {"SKIP"}
    assert "FAIL" not in said.values()


def test_labelled_rows_are_not_asked_about_lists():
    labelled = made({"u": list("aab"), "i": list("xxx"), "y": list("pqp")}, label=("y",), **LOG)
    assert {seen(labelled, code).status for code in CODES} == {"SKIP"}


def test_an_interaction_logged_twice():
    columns = {"u": list("aaab"), "i": list("xxxx"), "t": [1, 1, 2, 1]}
    outcome = seen(made(columns, **LOG, time="t"), "LS022")
    assert (outcome.status, outcome.count, outcome.rows) == ("WARN", 1, (1,))
    assert "at one instant" in outcome.message
    untimed = seen(made(columns, **LOG), "LS022")
    assert (untimed.count, untimed.rows) == (2, (1, 2))
    assert "there is no time" in untimed.message


def test_users_and_items_at_the_limit():
    columns = {"u": ["a"] * 5 + ["b"] * 4 + [None], "i": list("vwxyzvwxyv")}
    users = seen(made(columns, **LOG), "LS023")
    assert (users.count, users.unit, users.rows) == (1, "users", (5, 6, 7, 8))
    assert users.message == "1 of 2 users have under 5 rows, 4 rows together"
    items = seen(made(columns, **LOG), "LS024", checks=[ThinItem(k=3)])
    assert (items.count, items.unit) == (4, "items")
    assert items.rows == (1, 2, 3, 4, 6, 7, 8)
    assert seen(made(columns, **LOG), "LS023", checks=[ThinUser(k=4)]).status == "PASS"


def test_no_order_within_an_instant():
    columns = {"u": list("aaaabb"), "i": list("xyzzxx"), "t": [1, 1, 2, 2, 1, None]}
    outcome = seen(made(columns, **LOG, time="t"), "LS025")
    assert (outcome.status, outcome.rows) == ("WARN", (0, 1))
    assert seen(made(columns, **LOG, time="t"), "LS025", checks=[TiedInstant(share=0.5)]).count == 0
    assert seen(made(columns, **LOG), "LS025").status == "SKIP"


def test_one_user_and_one_item_hold_many_rows():
    columns = {"u": ["robot"] * 30 + [f"u{k}" for k in range(70)],
               "i": ["bag"] * 20 + [f"i{k % 40}" for k in range(80)]}  # fmt: skip
    outcome = seen(made(columns, **LOG), "LS026")
    assert outcome.message == "u=robot holds 30 rows (30%); i=bag holds 20 rows (20%)"
    assert outcome.count == 30
    assert seen(made(columns, **LOG), "LS026", checks=[DominantValue(share=0.31)]).count == 0
    assert seen(made(columns, **LOG), "LS026", checks=[DominantValue(least=101)]).status == "SKIP"


def test_items_the_table_does_not_know_or_say():
    table = pl.DataFrame({"i": ["x", "y", "w"], "text": ["a hat", " ", None]})
    data = made({"u": list("abcd"), "i": ["x", "y", "z", None]}, targets=table, **LOG)
    outcome = seen(data, "LS027")
    assert (outcome.count, outcome.unit, outcome.rows) == (2, "items", (1, 2))
    assert outcome.message == "1 items not in the table: 'z'; 1 items without text: 'y'"
    bare = made({"u": ["a"], "i": ["x"]}, targets=table.select("i"), **LOG)
    assert seen(bare, "LS027").status == "PASS"
    assert seen(made({"u": ["a"], "i": ["x"]}, **LOG), "LS027").status == "SKIP"


@pytest.mark.parametrize(
    ("grades", "status"),
    [([1.0, 1.0], "WARN"), ([0.0, 0.0], "FAIL"), ([None, None], "FAIL"), ([0.0, 2.0], "PASS")],
)
def test_constant_grades(grades, status):
    columns = {"q": ["hat", "hat"], "i": ["x", "y"], "g": pl.Series(grades, dtype=pl.Float64)}
    assert seen(made(columns, query="q", item="i", grade="g"), "LS028").status == status


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ThinUser(k=0), lambda: ThinItem(k=0), lambda: TiedInstant(share=0),
        lambda: DominantValue(share=2),
    ],
)  # fmt: skip
def test_thresholds_are_checked(wrong):
    with pytest.raises(InputError, match="got"):
        wrong()


def test_the_codes_follow_each_other():
    assert [check.code for check in CHECKS] == [f"LS{k:03}" for k in range(1, len(CHECKS) + 1)]
