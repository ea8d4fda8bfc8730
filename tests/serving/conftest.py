"""A small shop, and servers that are started for a module and stopped after it."""

import pytest
from small_shop import KEY, save_shop

from longshelf.artifact import load


@pytest.fixture(autouse=True)
def a_key(monkeypatch):
    monkeypatch.setenv("LONGSHELF_KEY", KEY.decode())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return load(save_shop(tmp_path_factory.mktemp("artifact") / "shop"))
