"""The search that stops early against one that looks at everything, on many equal products."""

import numpy as np
import pytest

from longshelf.serving.falling import Falling, Parted


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(0)
    long = rng.integers(-3, 4, (12_000, 6)) * (rng.random((12_000, 1)) ** 4 * 20).astype(int)
    return long.astype(np.float32)


def naive(vectors, query, passing):
    worth = vectors @ query
    order = np.lexsort((np.arange(len(vectors)), -worth))
    return order[passing[order]], worth


@pytest.mark.parametrize("share", [1.0, 0.5, 0.01, 0.0005, 0.0])
def test_what_is_found_is_what_there_is(vectors, share):
    rng = np.random.default_rng(1)
    tail = rng.random(len(vectors)) < 0.8
    tail[np.linalg.norm(vectors, axis=1) > 60] = False
    whole, parted = Falling(vectors), Parted(vectors, tail)
    for depth, rare in ((20, 0), (20, 4), (20, 20), (100, 30)):
        query = rng.integers(-2, 3, 6).astype(np.float32)
        passing = rng.random(len(vectors)) < share
        order, worth = naive(vectors, query, passing)
        codes, scores = whole.search(query, depth, lambda some, which=passing: which[some])
        assert codes.tolist() == order[:depth].tolist()
        assert scores.tolist() == worth[order[:depth]].tolist()
        first = {*order[:depth].tolist(), *order[tail[order]][:rare].tolist()}
        found, _ = parted.search(query, depth, lambda some, which=passing: which[some], rare)
        assert found.tolist() == [code for code in order.tolist() if code in first]


def test_most_is_not_read(vectors):
    asked = []
    query = np.ones(6, np.float32)
    Falling(vectors).search(query, 5, lambda some: asked.append(len(some)) or some >= 0)
    assert sum(asked) < 100
