"""Repeats, sessions, cuts of the time line and pseudonyms, each against a loop or a library."""

import hmac
from itertools import groupby

import numpy as np
import polars as pl
import pytest

pytest.importorskip("ibis")
pytest.importorskip("duckdb")

from longshelf.errors import InputError
from longshelf.prepare.events import Columns, Preparation
from longshelf.prepare.events import parts as module
from longshelf.prepare.events.parts import by_time, cut_times, last_out
from longshelf.prepare.events.pseudonyms import pseudonym
from longshelf.prepare.events.tidying import distinct, sessions


def drawn(seed, n=400, last=200):
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "user": rng.integers(0, 40, n), "item": rng.integers(0, 9, n),
            "time": 1_000 + rng.integers(0, last, n),
        }
    )  # fmt: skip


def test_repeats_go_in_the_way_asked_for(duck, table):
    frame = pl.DataFrame(
        {"user": [1, 1, 1, 2, 2], "item": [3, 3, 3, 3, 4], "time": [9, 9, 5, 9, 9]}
    )
    left = {
        way: sorted(duck.rows(distinct(table(frame), way).select("user", "item", "time")))
        for way in ("event", "pair", "keep")
    }
    assert left["event"] == [(1, 3, 5), (1, 3, 9), (2, 3, 9), (2, 4, 9)]
    assert left["pair"] == [(1, 3, 5), (2, 3, 9), (2, 4, 9)]
    assert left["keep"] == sorted(frame.rows())


@pytest.mark.parametrize("seed", range(3))
def test_a_session_ends_where_more_than_the_gap_passes(duck, table, seed):
    frame, gap, naive = drawn(seed), 7, []
    for _, mine in groupby(sorted(frame.rows(), key=lambda row: (row[0], row[2])), lambda r: r[0]):
        number, before = 0, None
        for user, item, time in mine:
            number += before is not None and time - before > gap
            naive.append((user, item, time, number))
            before = time
    found = sessions(table(frame), gap).select("user", "item", "time", "session")
    assert sorted(duck.rows(found)) == sorted(naive)
    assert max(row[3] for row in naive) > 3


@pytest.mark.parametrize(("buckets", "exact"), [(2, 0), (7, 30), (10_000, 100_000)])
@pytest.mark.parametrize("last", [3, 200, 10**6])
def test_cuts_stand_where_sorting_puts_them(duck, table, monkeypatch, buckets, exact, last):
    monkeypatch.setattr(module, "_BUCKETS", buckets)
    monkeypatch.setattr(module, "_EXACT", exact)
    frame = drawn(5, last=last)
    time, shares = frame["time"].sort().to_list(), (0.5, 0.8, 0.9, 0.999)
    found = cut_times(duck, table(frame), len(time), (1_000, 999 + last), shares)
    assert found == [time[int(share * len(time))] for share in shares]


def test_rows_of_one_instant_stay_together(duck, table):
    frame = pl.DataFrame({"user": [1] * 6, "item": [1] * 6, "time": [1, 2, 2, 3, 3, 4]})
    events = table(frame)
    cuts = cut_times(duck, events, 6, (1, 4), (0.3, 0.7))
    rows = duck.rows(by_time(events, *cuts).select("time", "part"))
    assert set(rows) == {(1, "train"), (2, "valid"), (3, "test"), (4, "test")}


@pytest.mark.parametrize("seed", range(3))
def test_the_last_event_of_each_user_tests(duck, table, seed):
    frame, naive = drawn(seed, n=120).unique(), []
    order = sorted(frame.select("user", "time", "item").rows())
    for _, mine in groupby(order, lambda row: row[0]):
        rows = list(mine)
        named = ["train"] * (len(rows) - 2) + ["valid", "test"]
        naive += zip(rows, named if len(rows) > 2 else ["train"] * len(rows), strict=True)
    found = duck.rows(last_out(table(frame)).select("user", "time", "item", "part"))
    assert sorted(((u, t, i), part) for u, t, i, part in found) == sorted(naive)


@pytest.mark.parametrize("key", [b"sixteen bytes or more", b"k" * 64, bytes(range(200))])
def test_pseudonyms_are_those_of_the_standard_library(duck, table, key):
    users = ["a", "ü 1", "42", "x" * 300]
    found = table(pl.DataFrame({"user": users}))
    rows = duck.rows(found.select("user", known=pseudonym(duck, found.user, key)))
    assert dict(rows) == {
        user: hmac.new(key, user.encode(), "sha256").hexdigest()[:32] for user in users
    }
    number = table(pl.DataFrame({"user": [42]}))
    assert (
        duck.rows(number.select(known=pseudonym(duck, number.user, key)))[0][0] == dict(rows)["42"]
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"key": b"short"}, "5 bytes; at least 16"),
        ({"k": 0}, "k of at least 1"),
        ({"gap": 0}, "more than 0"),
        ({"test": 0.9, "valid": 0.2}, "sum to less than 1"),
        ({"split": "by_tim"}, "did you mean 'by_time'"),
        ({"repeats": "none"}, "unknown way with repeats"),
    ],
)
def test_a_preparation_is_checked_at_once(wrong, said):
    with pytest.raises(InputError, match=said):
        Preparation(columns=Columns(user="u", item="i", time="t"), **wrong)


def test_a_key_is_never_shown():
    plan = Preparation(columns=Columns(user="u", item="i", time="t"), key=b"0123456789abcdef")
    assert "0123" not in repr(plan)
