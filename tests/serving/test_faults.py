"""What breaks while the service runs: a worker, the clock; and what a client may still rely on."""

import signal
import threading
import time
from contextlib import suppress

import httpx
import psutil
import pytest
from running import Server
from small_shop import save_shop

from longshelf.serving.access import Access
from longshelf.serving.events import open_events
from longshelf.serving.events.record import Record


def acknowledged(home):
    events = open_events(str(home / "events.db"))
    try:
        return set(events.read()["event"])
    finally:
        events.close()


def workers(parent):
    """Numbers of the living processes that answer."""
    found = set()
    for one in parent.children():
        with suppress(psutil.Error):
            if "spawn_main" in " ".join(one.cmdline()):
                found.add(one.pid)
    return found


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced_and_loses_nothing_acknowledged(tmp_path):
    save_shop(tmp_path / "shop", users=5)
    server = Server(tmp_path, tmp_path / "shop", "--workers", "2")
    told, ended, wrong = [], threading.Event(), []

    def send():
        while not ended.is_set():
            act = {"kind": "click", "item": "i3", "request": "r", "user": "x"}
            try:
                answer = httpx.post(f"{server.url}/feedback", json=act, timeout=10)
            except httpx.TransportError:
                continue
            if answer.status_code == 200:
                told.append(answer.json()["event"])
            elif answer.status_code != 503:
                wrong.append(answer.text)

    senders = [threading.Thread(target=send) for _ in range(4)]
    try:
        for one in senders:
            one.start()
        server.until(lambda: len(told) > 50, within=60)
        parent = psutil.Process(server.process.pid)
        before = workers(parent)
        assert len(before) == 2
        psutil.Process(min(before)).send_signal(signal.SIGKILL)

        def replaced():
            now = workers(parent)
            return len(now) == 2 and now != before

        server.until(replaced, within=60)
        count = len(told)
        server.until(lambda: len(told) > count + 50, within=60)
    finally:
        ended.set()
        for one in senders:
            one.join()
        server.stop()
    assert not wrong
    assert set(told) <= acknowledged(tmp_path)


def test_a_clock_that_jumps_neither_locks_callers_out_nor_reorders_what_was_written(
    tmp_path, monkeypatch
):
    access = Access({}, rate=2.0)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 86_400)
    assert not access.wait("one")
    monkeypatch.setattr(time, "time", lambda: real() + 86_400)
    waits = [access.wait("one") for _ in range(8)]
    assert 0 < max(waits) < 5
    events = open_events(str(tmp_path / "events.db"))
    for number, moment in enumerate((1000.0, 500.0, 2000.0)):
        events.append([Record(
            event=f"e{number}", time=moment, kind="click", request="r", user="u", surface="",
            items=["i"], positions=[0], slices=[""], scores=[None],
        )])  # fmt: skip
    assert events.read()["event"].to_list() == ["e0", "e1", "e2"]
    mark, acts = events.touches(0)
    assert len(acts) == 3
    assert events.touches(mark) == (mark, [])
    events.close()
