"""A small shop, and servers that are started for a module and stopped after it."""

import pytest
from running import Server
from small_shop import KEY, save_shop, user_name

from longshelf.artifact import load


@pytest.fixture(autouse=True)
def a_key(monkeypatch):
    monkeypatch.setenv("LONGSHELF_KEY", KEY.decode())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return load(save_shop(tmp_path_factory.mktemp("artifact") / "shop"))


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="session")
def server(home):
    """A server over a small shop; what a test changes it changes back."""
    folder = save_shop(home / "shop")
    (home / "live.json").write_text("{}")
    running = Server(home, folder, "--settings", "live.json", "--user", user_name(0))
    yield running
    assert running.stop() in (0, -15)
