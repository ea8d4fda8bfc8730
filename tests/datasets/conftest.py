from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGSHELF_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def real_folder() -> Path:
    import os

    told = os.environ.get("LONGSHELF_DATA")
    if not told:
        pytest.skip("LONGSHELF_DATA is not set: no real data here")
    return Path(told)
