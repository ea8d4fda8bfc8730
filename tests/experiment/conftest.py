"""An undisturbed run that every other run is held against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from small_suite import launch, suite

from longshelf.results import Results


@dataclass(frozen=True)
class Undisturbed:
    folder: Path
    cache: Path
    results: Results


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    home = tmp_path_factory.mktemp("undisturbed")
    folder, cache = home / "run", home / "cache"
    return Undisturbed(folder, cache, launch(suite(), folder, cache))
