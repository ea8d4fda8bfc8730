"""The k-core against a loop over Python sets, written anew or not."""

from collections import Counter

import numpy as np
import polars as pl
import pytest

pytest.importorskip("ibis")
pytest.importorskip("duckdb")

from longshelf.prepare.events import core as module
from longshelf.prepare.events.core import k_core


def naive(pairs, k):
    """Drop rare items, then rare users, again and again; what is left, and what each pass took."""
    passes = []
    while True:
        before = len(pairs)
        for side in (1, 0):
            counts = Counter(pair[side] for pair in pairs)
            pairs = [pair for pair in pairs if counts[pair[side]] >= k]
        if len(pairs) == before:
            return sorted(pairs), passes
        passes.append(before - len(pairs))


def log(pairs):
    return pl.DataFrame(pairs, schema=["user", "item"], orient="row").with_columns(
        time=pl.int_range(len(pairs), dtype=pl.Int64)
    )


@pytest.mark.parametrize("rewrite", [0.0, 0.25, 2.0], ids=["always", "sometimes", "never"])
@pytest.mark.parametrize("seed", range(4))
def test_equals_a_loop(duck, table, monkeypatch, rewrite, seed):
    monkeypatch.setattr(module, "_REWRITE", rewrite)
    rng = np.random.default_rng(seed)
    n, k = 1500, 2 + seed
    pairs = list(zip(rng.zipf(1.5, n) % 300, rng.zipf(1.3, n) % 200, strict=True))
    pairs = [(int(user), int(item)) for user, item in pairs]
    left, passes = naive(pairs, k)
    found = k_core(duck, table(log(pairs)), k, n)
    assert len(passes) >= 2
    assert found.passes == tuple(passes)
    assert found.rows == len(left) > 0
    assert sorted(duck.rows(found.events.select("user", "item"))) == left
    for side, counts, column in ((0, found.users, "user"), (1, found.items, "item")):
        assert dict(duck.rows(counts.select(column, "n"))) == Counter(pair[side] for pair in left)
        assert found.before[side] == len({pair[side] for pair in pairs})
        assert found.after[side] == len({pair[side] for pair in left})


def test_a_chain_unravels_one_link_at_a_time(duck, table):
    """Item j is shared by users j and j+1: cutting one end reaches the other after many passes."""
    pairs = [(user, item) for item in range(12) for user in (item, item + 1)]
    found = k_core(duck, table(log(pairs)), 2, len(pairs))
    assert found.rows == 0
    assert found.passes == tuple(naive(pairs, 2)[1])
    assert len(found.passes) == 7


def test_one_keeps_all_and_counts(duck, table):
    found = k_core(duck, table(log([(1, 1), (1, 2), (2, 2)])), 1, 3)
    assert (found.rows, found.passes, found.after) == (3, (), (2, 2))
    assert sorted(duck.rows(found.users.select("user", "n"))) == [(1, 2), (2, 1)]
