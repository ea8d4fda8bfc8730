"""Events in SQLite and PostgreSQL: whole, once, in order, forgotten when asked, there after a fault."""

import asyncio
import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from longshelf.errors import InputError
from longshelf.serving.events import (
    COLUMNS,
    Away,
    Full,
    Record,
    Refused,
    Unsaved,
    Writer,
    new_id,
    open_events,
)  # fmt: skip
from programs import POSTGRES


def free_port():
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


@pytest.fixture(scope="module")
def postgres():
    if POSTGRES is None:
        pytest.skip("no PostgreSQL in /usr/lib/postgresql")
    if os.getuid() == 0 and not shutil.which("runuser"):
        pytest.skip("PostgreSQL does not run as root, and there is no runuser")
    home = Path(tempfile.mkdtemp(prefix="postgres-"))
    home.chmod(0o777)
    port = free_port()

    def run(*line):
        own = ["runuser", "-u", "nobody", "--"] if os.getuid() == 0 else []
        subprocess.run([*own, *map(str, line)], check=True, capture_output=True, cwd=home)

    data = home / "data"
    run(POSTGRES / "initdb", "-D", data, "-A", "trust", "-U", "shop", "--no-sync")
    start = ("-D", data, "-w", "-l", home / "log", "-o", f"-p {port} -k {home} -h 127.0.0.1")
    run(POSTGRES / "pg_ctl", *start, "start")
    yield (
        f"postgresql://shop@127.0.0.1:{port}/postgres",
        lambda what: run(POSTGRES / "pg_ctl", *start, "-m", "immediate", what),
    )
    run(POSTGRES / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    shutil.rmtree(home)


@pytest.fixture(params=["sqlite", "postgres"])
def address(request, tmp_path):
    if request.param == "sqlite":
        return str(tmp_path / "events.db")
    where = request.getfixturevalue("postgres")[0]
    import psycopg

    with psycopg.connect(where, autocommit=True) as held:
        held.execute("DROP TABLE IF EXISTS longshelf_events, longshelf_forgotten")
    return where


def shown(request="r1", user="u1", when=100.0, **more):
    return Record(
        event=request, time=when, kind="impression", request=request, user=user,
        surface="recommend", items=["a", 'b"\\ü'], positions=[1, 2], slices=["head", "tail"],
        scores=[0.5, 0.25], **({"trial": "t", "arm": "x", "propensity": 0.5, "group": "g"} | more),
    )  # fmt: skip


def act(item="a", user="u1", request="r1", event=None, when=101.0, kind="click"):
    return Record(
        event=event or new_id(),
        time=when,
        kind=kind,
        request=request,
        user=user,
        surface="",
        items=[item],
        positions=[0],
        slices=[""],
        scores=[None],
    )


def test_what_is_read_is_what_was_written_and_acts_know_their_impression(address):
    events = open_events(address)
    events.append([shown(), act('b"\\ü', event="e1"), act("z", request="r9", event="e2")])
    table = events.read()
    assert dict(table.schema) == COLUMNS
    assert table["event"].to_list() == ["r1.1", "r1.2", "e1", "e2"]
    assert table.row(2, named=True) == {
        "event": "e1", "time": 101.0, "kind": "click", "request": "r1", "user": "u1",
        "item": 'b"\\ü', "position": 2, "slice": "tail", "trial": "t", "arm": "x",
        "propensity": 0.5, "score": 0.25, "surface": "recommend", "group": "g",
    }  # fmt: skip
    unknown = table.row(3, named=True)
    assert (unknown["position"], unknown["arm"], unknown["slice"]) == (0, "", "")
    assert unknown["propensity"] != unknown["propensity"]
    assert events.read(since=100.5)["event"].to_list() == ["e1", "e2"]
    assert events.read(since=200).height == 0
    events.close()


def test_an_interleaved_list_says_whose_pick_each_item_is(address):
    events = open_events(address)
    events.append([shown(arm="", arms=["x", "y"], propensity=None), act('b"\\ü')])
    assert events.read()["arm"].to_list() == ["x", "y", "y"]
    events.close()


def test_an_event_is_stored_once(address):
    events = open_events(address)
    events.append([act(event="same"), act(event="same")])
    events.append([act(event="same"), act(event="other")])
    assert events.read()["event"].to_list() == ["same", "other"]
    events.close()


def test_acts_are_read_on_from_a_mark_by_another_connection(address):
    events, other = open_events(address), open_events(address)
    events.append([shown(), act("a"), act("b", user="u2")])
    mark, acts = other.touches(0)
    assert acts == [("u1", "a"), ("u2", "b")]
    assert other.touches(mark) == (mark, [])
    events.append([act("c")])
    assert other.touches(mark)[1] == [("u1", "c")]
    assert other.touches(other.mark())[1] == []
    assert len(other.touches(other.mark(back=100))[1]) == 3
    events.close()
    other.close()


def test_what_is_new_is_read_once_with_the_lists_it_answers(address):
    events = open_events(address)
    events.append([shown(), act(event="e1"), act("z", request="none", event="e2")])
    first = events.after(0)
    assert first.events.equals(events.read())
    assert first.lists.height == 0
    events.append([shown("r2", when=102.0), act('b"\\ü', request="r1", event="e3", when=103.0)])
    second = events.after(first.mark)
    assert second.events["event"].to_list() == ["r2.1", "r2.2", "e3"]
    assert second.events.row(2, named=True)["score"] == 0.25
    assert second.lists["event"].to_list() == ["r1.1", "r1.2"]
    assert events.after(second.mark).mark == second.mark
    assert events.after(0, limit=1).events["event"].to_list() == ["r1.1", "r1.2"]
    assert events.after(0, since=102.5).events["event"].to_list() == ["e3"]
    now = time.time()
    events.append([act(request="r3", event="e4", when=now), shown("r4", when=now)])
    assert events.after(second.mark).mark == second.mark
    events.append([shown("r3", when=now)])
    third = events.after(second.mark)
    assert third.events["event"].to_list() == ["e4", "r4.1", "r4.2", "r3.1", "r3.2"]
    assert third.events["score"][0] == 0.5
    events.close()


def test_a_forgotten_user_leaves_nothing_and_late_events_of_before_stay_out(address):
    events = open_events(address)
    secret = "f" * 32
    before = time.time()
    events.append([shown(user=secret), act(user=secret), act(user="other", request="r2")])
    assert events.forget(secret) == 2
    events.append([act(user=secret, when=before), act(user=secret, when=time.time() + 5)])
    assert events.read()["user"].to_list() == ["other", secret]
    assert before < events.forgotten()[secret] < time.time()
    assert events.forget(secret) == 1
    if "://" not in address:
        events.close()
        for path in Path(address).parent.iterdir():
            held = path.read_bytes()
            assert held.count(secret.encode()) <= 2, path
    else:
        events.close()


def test_a_forgotten_users_items_are_gone_from_the_file(tmp_path):
    events = open_events(str(tmp_path / "events.db"))
    events.append([act(f"secret item {n}") for n in range(200)])
    events.forget("u1")
    events.close()
    assert all(b"secret item" not in path.read_bytes() for path in tmp_path.iterdir())


def test_a_path_that_cannot_be_used_is_said(tmp_path):
    (tmp_path / "text").write_text("no database, and long enough to be sure of it" * 100)
    for wrong in (tmp_path / "none" / "events.db", tmp_path / "text"):
        with pytest.raises(InputError, match="events cannot be kept"):
            open_events(str(wrong))
    with pytest.raises(InputError, match="mysql://"):
        open_events("mysql://x")


def test_ids_made_later_sort_later():
    ids = []
    for _ in range(5):
        ids.append(new_id())
        time.sleep(0.002)
    assert ids == sorted(ids)
    assert len(set(ids)) == 5


def work(writer, body):
    async def run():
        writer.start()
        try:
            return await body()
        finally:
            await asyncio.to_thread(writer.stop, 2.0)

    return asyncio.run(run())


def test_an_answer_comes_after_the_commit_and_commits_are_shared(tmp_path):
    path = tmp_path / "events.db"
    writer = Writer(lambda: open_events(str(path)))
    commits = []

    async def body():
        async def one(number):
            await writer.save(act(event=f"e{number}"))
            with closing(sqlite3.connect(path)) as held:
                commits.append(held.execute("SELECT count(*) FROM events").fetchone()[0])

        await asyncio.gather(*(one(number) for number in range(200)))

    work(writer, body)
    assert writer.written == 200
    assert min(commits) > 1
    events = open_events(str(path))
    assert events.read()["event"].n_unique() == 200
    events.close()


class Failing:
    """Events that are away until told otherwise."""

    def __init__(self):
        self.away, self.kept, self.poison = True, [], None

    def append(self, records):
        if self.away:
            raise Away("away")
        if any(record.event == self.poison for record in records):
            raise Refused("poison")
        self.kept += records

    def close(self):
        pass


def test_while_the_database_is_away_nothing_is_acknowledged_and_later_all_is_there():
    events = Failing()
    writer = Writer(lambda: events, bound=3, patience=0.1)

    async def body():
        with pytest.raises(Unsaved, match="send it again"):
            await writer.save(act(event="first"))
        for number in range(3):
            writer.offer(act(event=f"e{number}"))
        with pytest.raises(Full, match="3 events wait"):
            writer.offer(act())
        assert events.kept == []
        assert writer.away == "away"
        events.away = False
        writer.patience = 5
        while writer.waiting:
            await asyncio.sleep(0.01)
        await writer.save(act(event="last"))
        assert writer.away == ""

    work(writer, body)
    assert [r.event for r in events.kept] == ["first", "e0", "e1", "e2", "last"]
    assert writer.lost == 0


def test_a_record_that_is_refused_does_not_hold_up_the_others():
    events = Failing()
    events.away, events.poison = False, "bad"
    writer = Writer(lambda: events, patience=0.3)

    async def body():
        saves = [writer.save(act(event=name)) for name in ("good", "bad", "fine")]
        return await asyncio.gather(*saves, return_exceptions=True)

    outcome = work(writer, body)
    assert [type(one) for one in outcome] == [type(None), Unsaved, type(None)]
    assert (writer.lost, writer.written) == (1, 2)


def test_an_unforeseen_error_stops_no_writing():
    events = Failing()
    events.away, tries = False, []

    def connect():
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("unforeseen")
        return events

    writer = Writer(connect)

    async def body():
        await writer.save(act(event="e"))

    work(writer, body)
    assert (len(tries), [r.event for r in events.kept]) == (2, ["e"])


def test_stopping_with_the_database_away_ends_and_counts_what_is_lost():
    writer = Writer(Failing, patience=0.05)

    async def body():
        writer.offer(act())
        await asyncio.sleep(0.02)

    began = time.monotonic()
    work(writer, body)
    assert writer.lost == 1
    assert time.monotonic() - began < 8


def test_a_full_disk_is_no_loss(tmp_path):
    events = open_events(str(tmp_path / "events.db"))
    events.append([act(event="before")])
    pages = events._open.execute("PRAGMA page_count").fetchone()[0]
    events._open.execute(f"PRAGMA max_page_count = {pages}")
    many = [act("x" * 100) for _ in range(1000)]
    with pytest.raises(Away, match="full"):
        events.append(many)
    assert events.read()["event"].to_list() == ["before"]
    events._open.execute("PRAGMA max_page_count = 100000")
    events.append(many)
    assert events.read().height == 1001
    events.close()


def test_postgres_gone_and_back_loses_nothing(postgres):
    address, control = postgres
    writer = Writer(lambda: open_events(address), patience=15)

    async def body():
        await writer.save(act(event="gone1"))
        await asyncio.to_thread(control, "restart")
        await writer.save(act(event="gone2"))

    work(writer, body)
    assert writer.tries >= 1
    events = open_events(address)
    found = events.read().filter(pl.col("event").str.starts_with("gone"))
    events.close()
    assert found["event"].to_list() == ["gone1", "gone2"]
