"""The load generator: due times are kept, waiting counts, and lost answers are no answers."""

from __future__ import annotations

import importlib.util
import socketserver
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("uvloop", reason="needs the extra serve")

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "open_loop.py"
spec = importlib.util.spec_from_file_location("open_loop", SCRIPT)
open_loop = importlib.util.module_from_spec(spec)
sys.modules["open_loop"] = open_loop
spec.loader.exec_module(open_loop)


class Slow(socketserver.StreamRequestHandler):
    """Answers each request of a connection after a while; hangs up when told so."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            size = 0
            while (head := self.rfile.readline()) not in (b"\r\n", b""):
                if head.lower().startswith(b"content-length"):
                    size = int(head.split(b":")[1])
            self.rfile.read(size)
            if b"/gone" in line:
                return
            time.sleep(0.02)
            status = b"503 Busy" if b"/busy" in line else b"200 OK"
            self.wfile.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nok")


@pytest.fixture
def port() -> Iterator[int]:
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_time_spent_waiting_for_a_connection_counts(port):
    one = open_loop.load(port, 100, 0.6, lambda _: open_loop.post("/", b"{}"), connections=1)
    many = open_loop.load(port, 100, 0.6, lambda _: open_loop.post("/", b"{}"), connections=20)
    assert set(one.counted()) == set(many.counted()) == {200}
    assert np.allclose(one.due, many.due)
    assert 40 < len(one.due) < 85
    assert one.ended[-1] > 0.02 * len(one.due)
    assert one.milliseconds(0.99)[0] > 5 * many.milliseconds(0.5)[0]


def test_other_answers_and_lost_ones_are_told_apart(port):
    paths = ["/", "/busy", "/gone"]
    got = open_loop.load(
        port, 60, 0.5, lambda number: open_loop.post(paths[number % 3], b""), patience=2,
        connections=30,
    )  # fmt: skip
    assert set(got.counted()) == {0, 200, 503}
    assert all(status == (200, 503, 0)[at % 3] for at, status in enumerate(got.status))
    assert "503" in got.line()
