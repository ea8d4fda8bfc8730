"""Downloads against a server on this machine."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from longshelf.datasets import Marketplace, fetch
from longshelf.datasets.base import DataFile, DataSource
from longshelf.errors import Unavailable
from longshelf.tables import Card

CONTENT = b"title,category\nred shoe,shoes\n" * 5000


class Quiet(SimpleHTTPRequestHandler):
    served: ClassVar[list[str]] = []

    def log_message(self, *_: object) -> None:
        self.served.append(self.path)


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "toy.csv").write_bytes(CONTENT)
    Quiet.served.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as http:
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()
        thread.join()


def source(address: str, sha: str) -> DataSource:
    @dataclass(frozen=True, kw_only=True)
    class Served(DataSource):
        files: ClassVar[tuple[DataFile, ...]] = (
            DataFile(name="deep/toy.csv", sha256=sha, address=address),
        )
        card: ClassVar[Card] = Card(title="t", licence="l", address="https://example.org/page")
        by_hand: ClassVar[str] = "download toy.csv after a login"

    return Served()


RIGHT = hashlib.sha256(CONTENT).hexdigest()


def test_download_checks_the_hash_and_is_not_repeated(server: str, tmp_path: Path) -> None:
    wanted = source(f"{server}/toy.csv", RIGHT)
    (path,) = fetch(wanted, tmp_path)
    assert path == tmp_path / "served" / "deep" / "toy.csv"
    assert path.read_bytes() == CONTENT
    assert wanted.find(tmp_path).verified
    fetch(wanted, tmp_path)
    assert Quiet.served == ["/toy.csv"]


def test_other_content_is_refused_and_nothing_is_left(server: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="sent other content") as caught:
        fetch(source(f"{server}/toy.csv", "0" * 64), tmp_path)
    assert "download toy.csv after a login" in str(caught.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", ["/absent.csv", None])
def test_no_answer_says_what_to_do_by_hand(server: str, tmp_path: Path, path: str | None) -> None:
    address = f"{server}{path}" if path else "http://127.0.0.1:9/closed"
    with pytest.raises(Unavailable, match="did not answer") as caught:
        fetch(source(address, RIGHT), tmp_path)
    for part in ("https://example.org/page", RIGHT, str(tmp_path / "served"), "after a login"):
        assert part in str(caught.value)


def test_without_an_address_the_hand_is_asked(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be downloaded by a program"):
        fetch(source("", RIGHT), tmp_path)


def test_simulated_data_need_no_download(tmp_path: Path) -> None:
    assert fetch(Marketplace(), tmp_path) == []
