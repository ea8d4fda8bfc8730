"""The whole preparation on DuckDB, against the same steps over a Polars frame."""

import json

import polars as pl
import pytest

pytest.importorskip("ibis")
pytest.importorskip("duckdb")

from longshelf.errors import InputError, Unavailable
from longshelf.prepare.events import Columns, DuckDb, Preparation, prepare_events

COLUMNS = Columns(user="who", item="what", time="when")
KEY = b"a key of some length"


def naive(frame, k):
    """Clean, drop repeats, k-core: users, items and seconds that are left."""
    frame = frame.select(pl.col("who", "what").str.strip_chars(), "when").unique()
    frame = frame.filter((pl.col("who") != "") & (pl.col("what") != "") & (pl.col("when") > 0))
    before = None
    while before != frame.height:
        before = frame.height
        for side in ("what", "who"):
            frame = frame.filter(pl.len().over(side) >= k)
    return frame


def run(duck, tmp_path, frame, name="out", **choices):
    path = tmp_path / "log.parquet"
    frame.write_parquet(path)
    plan = Preparation(**{"columns": COLUMNS, **choices})
    folder = name if "://" in name else str(tmp_path / name)
    return prepare_events([str(path)], folder, plan, duck, laws=("InBatch",))


def test_holds_what_the_same_steps_leave_of_a_frame(duck, tmp_path, raw_log, tables):
    log, left = raw_log(), naive(raw_log(), 5)
    done = run(duck, tmp_path, log)
    found = tables(tmp_path / "out")
    people = found["users"].sort("user")
    users = dict(people.select("user", "id").rows())
    items = dict(found["items"].select("item", "id").rows())
    assert list(users) == list(range(left["who"].n_unique()))
    assert list(users.values()) == sorted(users.values())
    rows = found["interactions"]
    back = sorted(
        (users[user], items[item], int(time.timestamp()))
        for user, item, time in rows.with_columns(pl.col("time").dt.replace_time_zone("UTC"))
        .select("user", "item", "time")
        .iter_rows()
    )
    assert back == sorted(left.rows())
    counts = rows["user"].value_counts().sort("user")["count"].to_list()
    assert people["events"].to_list() == counts
    assert done.steps[-1].rows == len(back)
    assert done.core["passes"] == len(done.core["dropped"]) > 1
    assert sum(done.core["dropped"]) == done.steps[2].rows - len(back)


def test_the_time_line_is_cut_and_popularity_counted_per_part(duck, tmp_path, raw_log, tables):
    done = run(duck, tmp_path, raw_log(), test=0.2, valid=0.1)
    found = tables(tmp_path / "out")
    rows = found["interactions"]
    ends = rows.group_by("part").agg(
        pl.col("time").min().alias("a"), pl.col("time").max().alias("z")
    )
    end = {part: (a, z) for part, a, z in ends.rows()}
    assert end["train"][1] < end["valid"][0] <= end["valid"][1] < end["test"][0]
    counted = rows.pivot("part", index="item", values="user", aggregate_function="len").fill_null(0)
    columns = ("item", "train", "valid", "test")
    said = found["items"].sort("item").select(columns).rows()
    assert counted.sort("item").select(columns).rows() == said
    assert done.split["events"] == {
        p: rows.filter(part=p).height for p in ("train", "valid", "test")
    }
    assert done.split["events"]["test"] >= 0.2 * rows.height
    assert done.split["test_from"].startswith(end["test"][0].isoformat())


def test_pseudonyms_take_the_place_of_ids_and_of_their_order(duck, tmp_path, raw_log, tables):
    run(duck, tmp_path, raw_log(), "plain")
    done = run(duck, tmp_path, raw_log(), "hidden", key=KEY)
    plain, hidden = tables(tmp_path / "plain"), tables(tmp_path / "hidden")
    assert hidden["users"].columns == ["events", "pseudonym", "user"]
    named = hidden["users"].sort("user")["pseudonym"]
    assert named.is_sorted()
    assert named.str.len_chars().unique().to_list() == [32]
    assert sorted(plain["users"]["events"]) == sorted(hidden["users"]["events"])
    assert plain["items"].equals(hidden["items"])
    assert done.users["pseudonyms"] is True
    assert KEY.decode() not in (tmp_path / "hidden/about.json").read_text()


def test_the_account_says_what_was_dropped_and_that_no_negatives_were_made(duck, tmp_path, raw_log):
    done = run(duck, tmp_path, raw_log(), gap=30)
    told = json.loads((tmp_path / "out/about.json").read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(done.as_dict()))
    assert [step["name"] for step in told["steps"]] == [
        "clean", "number ids", "drop repeats", "number sessions", "5-core", "cut the time line",
        "codes", "write interactions", "popularity",
    ]  # fmt: skip
    assert told["steps"][0]["why"] == {"no user": 3, "no item": 2, "no time": 2}
    assert told["steps"][2]["dropped"] >= 50
    assert told["negatives"]["made"] == 0
    assert told["negatives"]["laws"] == ["InBatch"]
    assert "future" in told["warnings"][0]
    assert set(told["source"]) >= {"files", "user", "item", "time", "first", "last"}
    assert [row["step"] for row in done.table()] == [step["name"] for step in told["steps"]]


def test_neither_split_nor_core_nor_repeats(duck, tmp_path, raw_log, tables):
    done = run(duck, tmp_path, raw_log(), k=1, split="none", repeats="keep")
    found = tables(tmp_path / "out")
    assert found["interactions"].height == 3050
    assert found["interactions"].columns == ["item", "time", "user"]
    assert found["items"].columns == ["events", "id", "item"]
    assert (done.split["events"], done.core["passes"], done.warnings) == ({}, 0, ())


def test_leave_last_out_tests_one_event_a_user(duck, tmp_path, raw_log, tables):
    done = run(duck, tmp_path, raw_log(), split="leave_last_out")
    rows = tables(tmp_path / "out")["interactions"]
    users = rows["user"].n_unique()
    assert done.split["events"]["test"] == done.split["events"]["valid"] == users
    test = rows.filter(part="test").select("user", last="time")
    assert rows.join(test, on="user").select((pl.col("time") <= pl.col("last")).all()).item()


def test_numbers_stay_numbers_and_text_files_give_the_same(duck, tmp_path, raw_log, tables):
    frame = raw_log().with_columns(pl.col("what").str.extract(r"(\d+)").cast(pl.Int64))
    run(duck, tmp_path, frame)
    frame.write_csv(tmp_path / "log.csv")
    plan = Preparation(columns=COLUMNS)
    prepare_events([str(tmp_path / "log.csv")], str(tmp_path / "csv"), plan, duck)
    parquet, csv = tables(tmp_path / "out"), tables(tmp_path / "csv")
    assert parquet["items"]["id"].dtype == pl.Int64
    names = {"items": parquet["items"], "csv": csv["items"]}
    joined = parquet["interactions"].height, csv["interactions"].height
    assert joined[0] == joined[1]
    assert sorted(map(str, names["items"]["id"])) == sorted(names["csv"]["id"])


def test_a_finished_folder_is_not_touched_and_the_work_folder_goes(duck, tmp_path, raw_log):
    run(duck, tmp_path, raw_log())
    with pytest.raises(InputError, match="holds a finished preparation"):
        run(duck, tmp_path, raw_log())
    duck.close()
    assert list((tmp_path / "work").iterdir()) == []


def test_what_leaves_nothing_says_so(duck, tmp_path, raw_log):
    with pytest.raises(InputError, match=r"the 900-core of .* is empty; try a smaller k"):
        run(duck, tmp_path, raw_log(), k=900)
    same = raw_log().with_columns(when=pl.lit(7))
    with pytest.raises(InputError, match="leaves train and valid empty"):
        run(duck, tmp_path, same)
    assert list((tmp_path / "out").iterdir()) == []


def test_what_others_put_into_the_folder_stays(duck, tmp_path, raw_log):
    (tmp_path / "out" / "items").mkdir(parents=True)
    (tmp_path / "out" / "items" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds items; name another folder"):
        run(duck, tmp_path, raw_log())
    assert (tmp_path / "out" / "items" / "mine.txt").read_text() == "mine"
    with pytest.raises(Unavailable, match="cannot be reached"):
        run(duck, tmp_path, raw_log(), name="nowhere://y")


def test_files_of_two_formats_are_refused(duck):
    with pytest.raises(InputError, match="one format; got csv and parquet"):
        duck.read(["a.csv", "b.parquet"])


def test_duckdb_is_told_its_limits(tmp_path):
    with pytest.raises(InputError, match="DuckDB does not start"):
        DuckDb(str(tmp_path), "much")
    assert list(tmp_path.iterdir()) == []
