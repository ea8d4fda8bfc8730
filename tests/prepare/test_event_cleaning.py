"""From a raw log to events: every kind of id, time and fault, by hand."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

pytest.importorskip("ibis")
pytest.importorskip("duckdb")

from longshelf.errors import InputError
from longshelf.prepare.events import Columns
from longshelf.prepare.events.cleaning import clean_events

NEW_YEAR = 1_704_067_200_000_000
COLUMNS = Columns(user="u", item="i", time="t")


def cleaned(duck, table, columns=COLUMNS, **data):
    rows = max(map(len, data.values()))
    frame = pl.DataFrame({"u": list(range(1, rows + 1)), "i": [7] * rows, "t": [5] * rows} | data)
    found = clean_events(duck, table(frame), columns)
    return found, sorted(duck.rows(found.events))


def test_what_lacks_a_user_an_item_or_a_time_goes_for_the_first_reason(duck, table):
    found, events = cleaned(
        duck, table, u=[1, None, None, 4, 5, 6], i=[7, 7, None, None, 7, 7], t=[9, 9, 9, 9, 0, None]
    )
    assert events == [(1, 7, 9_000_000)]
    assert (found.read, found.kept) == (6, 1)
    assert found.why == {"no user": 2, "no item": 1, "no time": 2}


def test_texts_lose_the_space_around_them_and_empty_ones_are_missing(duck, table):
    found, events = cleaned(duck, table, u=[" a\t", "", " \n", "b c"])
    assert [user for user, *_ in events] == ["a", "b c"]
    assert found.why == {"no user": 2}


def test_ids_that_became_floats_are_whole_numbers_again(duck, table):
    found, events = cleaned(duck, table, u=[17850.0, float("nan"), None, 2.5, float("inf")])
    assert [user for user, *_ in events] == [17850]
    assert found.why == {"no user": 4}


@pytest.mark.parametrize(
    ("time", "micros"),
    [
        (1_704_067_200, NEW_YEAR),
        (1_704_067_200_123, NEW_YEAR + 123_000),
        (1_704_067_200_123_456, NEW_YEAR + 123_456),
        (1_704_067_200.25, NEW_YEAR + 250_000),
        (date(2024, 1, 1), NEW_YEAR),
        (datetime(2024, 1, 1), NEW_YEAR),
        (datetime(2024, 1, 1, tzinfo=UTC), NEW_YEAR),
        ("2024-01-01", NEW_YEAR),
        (" 2024-01-01T00:00:01.5 ", NEW_YEAR + 1_500_000),
        ("2024-01-01 01:00:00+01:00", NEW_YEAR),
        ("2024-01-01 00:00:00 UTC", NEW_YEAR),
        ("2024-01-01T00:00:00Z", NEW_YEAR),
        ("1704067200", NEW_YEAR),
        ("1704067200000", NEW_YEAR),
    ],
)
def test_times_of_every_kind_are_one_instant(duck, table, time, micros):
    assert cleaned(duck, table, t=[time])[1] == [(1, 7, micros)]


def test_texts_that_are_no_time_are_dropped(duck, table):
    texts = ["2024-01-01", "yesterday", "2024-13-01", "01/02/2024", "-5", "", "2024", None]
    found, events = cleaned(duck, table, t=texts)
    assert len(events) == 2
    assert found.why == {"no time": 6}
    assert events[1] == (7, 7, 2_024_000_000)


def test_a_stated_unit_wins_over_the_guess(duck, table):
    columns = Columns(user="u", item="i", time="t", unit="ms")
    found, events = cleaned(duck, table, columns, t=[1000])
    assert events == [(1, 7, 1_000_000)]
    assert found.unit == "ms"


def test_only_some_events_of_some_days(duck, table):
    columns = Columns(
        user="u", item="i", time="t", only={"event": ("buy", "2")},
        since="2024-01-01", until="2024-01-02T00:00:00+00:00",
    )  # fmt: skip
    day = [datetime(2024, 1, 1), datetime(2023, 12, 31, 23, 59), datetime(2024, 1, 2)]
    found, events = cleaned(
        duck,
        table,
        columns,
        t=[*day, *[day[0]] * 3],
        event=["buy", "buy", "buy", "view", None, "2"],
    )
    assert [user for user, *_ in events] == [1, 6]
    assert found.why == {
        "before 2024-01-01": 1, "from 2024-01-02T00:00:00+00:00 on": 1, "another event": 2,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "log.jsonl"])
def test_text_files_are_read_as_parquet_is(duck, tmp_path, name):
    frame = pl.DataFrame({"u": ["a", "b", ""], "i": [1, 2, 3], "t": ["2024-01-01"] * 3})
    path = tmp_path / name
    if name.endswith("jsonl"):
        frame.write_ndjson(path)
    else:
        frame.write_csv(path, compression="gzip" if name.endswith("gz") else "uncompressed")
    events = clean_events(duck, duck.read([str(path)]), COLUMNS).events
    found = [(user, int(item), micros) for user, item, micros in sorted(duck.rows(events))]
    assert found == [("a", 1, NEW_YEAR), ("b", 2, NEW_YEAR)]


def test_several_files_a_folder_and_a_pattern(duck, tmp_path):
    (tmp_path / "days").mkdir()
    for day in range(3):
        pl.DataFrame({"u": [day], "i": [1], "t": [5]}).write_parquet(
            tmp_path / f"days/{day}.parquet"
        )
    for sources in (
        [str(tmp_path / "days")],
        [str(tmp_path / "days/*.parquet")],
        [str(tmp_path / f"days/{day}.parquet") for day in range(3)],
    ):
        assert clean_events(duck, duck.read(sources), COLUMNS).kept == 3


def test_mistakes_are_named(duck, table):
    with pytest.raises(InputError, match="did you mean 'user_id'"):
        clean_events(
            duck, table(pl.DataFrame({"user_id": [1], "i": [1], "t": [1]})),
            Columns(user="userid", item="i", time="t"),
        )  # fmt: skip
    with pytest.raises(InputError, match=r"none of 2 rows .*'no item': 2"):
        cleaned(duck, table, i=pl.Series([None, None], dtype=pl.Int64))
    with pytest.raises(
        InputError, match="ids are texts or whole numbers; column 'u' holds boolean"
    ):
        cleaned(duck, table, u=[True])
    with pytest.raises(InputError, match="column 't' holds boolean"):
        cleaned(duck, table, t=[True])
    with pytest.raises(InputError, match="cannot be read"):
        duck.read(["nowhere.parquet"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"unit": "sec"}, "unknown unit of time 'sec'"),
        ({"item": "u"}, "three columns"),
        ({"since": "1/2/2024"}, "no ISO date"),
        ({"since": "2024-02-01", "until": "2024-01-01"}, "no event is since"),
    ],
)
def test_columns_are_checked_at_once(wrong, said):
    with pytest.raises(InputError, match=said):
        Columns(**{"user": "u", "item": "i", "time": "t", **wrong})
