"""Small event logs, and an engine to prepare them with."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest


@pytest.fixture
def duck(tmp_path):
    """DuckDB with one thread and little memory."""
    pytest.importorskip("ibis")
    pytest.importorskip("duckdb")
    from longshelf.prepare.events import DuckDb

    engine = DuckDb(str(tmp_path / "work"), "200MB", 1)
    yield engine
    engine.close()


@pytest.fixture
def table(duck, tmp_path):
    """Hand a frame to DuckDB as a table of events."""

    def read(frame):
        path = tmp_path / f"{len(list(tmp_path.glob('*.parquet')))}.parquet"
        frame.write_parquet(path)
        return duck.read([str(path)])

    return read


@pytest.fixture
def tables():
    """Read what a preparation wrote, sorted."""

    def read(folder):
        found = {}
        for name in ("interactions", "items", "users"):
            frame = pl.read_parquet(Path(folder) / name / "**/*.parquet", hive_partitioning=True)
            found[name] = frame.select(sorted(frame.columns)).sort(sorted(frame.columns))
        return found

    return read


@pytest.fixture
def raw_log():
    """A log with text ids, faults, repeats and ties of time; rare users and items among many."""

    def draw(n=3000, seed=0):
        rng = np.random.default_rng(seed)
        user = [f" u{i}" if i % 3 else f"ü-{i} " for i in (rng.zipf(1.6, n) % 400)]
        item = [f"sku {i}" for i in (rng.zipf(1.4, n) % 300)]
        second = 1_700_000_000 + rng.integers(0, 40_000, n) // 7
        frame = pl.DataFrame(
            {"who": user, "what": item, "when": second, "event": rng.choice(["view", "buy"], n)}
        )
        faults = pl.DataFrame(
            {
                "who": [None, "", "  ", "u1", "u1", "u1", "u1"],
                "what": ["sku 1", "sku 1", "sku 1", None, " ", "sku 1", "sku 1"],
                "when": [1_700_000_001] * 5 + [None, 0],
                "event": ["view"] * 7,
            },
            schema=frame.schema,
        )
        return pl.concat([frame, faults, frame.head(50)]).sample(
            fraction=1, shuffle=True, seed=seed
        )

    return draw
