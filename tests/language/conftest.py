"""A chat server, and a place of its own for what is paid."""

import pytest
from chat_server import ChatServer


@pytest.fixture
def server():
    with ChatServer() as running:
        yield running


@pytest.fixture(autouse=True)
def apart(request, monkeypatch, tmp_path):
    """Nothing of the user's environment, and short pauses."""
    if not request.path.name.startswith("test_chat"):
        return
    for name in ("ADDRESS", "KEY", "PRICES", "BUDGET", "TOKENS", "PURSE"):
        monkeypatch.delenv(f"LONGSHELF_CHAT_{name}", raising=False)
    monkeypatch.setenv("LONGSHELF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("longshelf.language.chat.FIRST_PAUSE", 0.02)
