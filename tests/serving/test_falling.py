"""The search that stops early against one that looks at everything, on many equal products."""

import numpy as np
import pytest

from longshelf.serving.falling import Falling
from longshelf.serving.goods import Filter


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
    falling = Falling(vectors, tail)
    for depth, rare in ((20, 0), (20, 4), (20, 20), (100, 30)):
        query = rng.integers(-2, 3, 6).astype(np.float32)
        passing = rng.random(len(vectors)) < share
        order, worth = naive(vectors, query, passing)
        first = {*order[:depth].tolist(), *order[tail[order]][:rare].tolist()}
        codes, scores = falling.search(
            query, depth, np.flatnonzero(~passing), np.ones(len(vectors)), rare=rare
        )
        assert codes.tolist() == [code for code in order.tolist() if code in first]
        assert scores.tolist() == worth[codes].tolist()


@pytest.mark.parametrize(("low", "high"), [(None, None), (3, None), (None, 7), (3, 7), (7, 3)])
def test_bounds_of_the_price_are_inclusive_and_no_price_passes_none(vectors, low, high):
    rng = np.random.default_rng(2)
    price = rng.integers(0, 10, len(vectors)).astype(float)
    price[rng.random(len(vectors)) < 0.3] = np.nan
    inside = np.ones(len(vectors), bool)
    inside &= True if low is None else price >= low
    inside &= True if high is None else price <= high
    hidden = rng.random(len(vectors)) < 0.1
    query = rng.integers(-2, 3, 6).astype(np.float32)
    order, _ = naive(vectors, query, inside & ~hidden)
    falling = Falling(vectors, np.zeros(len(vectors), bool))
    codes, _ = falling.search(query, 50, np.flatnonzero(hidden), price, Filter(None, low, high))
    assert codes.tolist() == order[:50].tolist()


def test_a_part_keeps_its_own_codes(vectors):
    some = np.arange(0, len(vectors), 7)
    query = np.ones(6, np.float32)
    falling = Falling(vectors[some], some % 2 == 0, some)
    codes, _ = falling.search(query, 10, np.zeros(0, int), np.ones(len(vectors)))
    passing = np.isin(np.arange(len(vectors)), some)
    assert codes.tolist() == naive(vectors, query, passing)[0][:10].tolist()


def test_most_is_not_read():
    """Vectors that are too short hold what would win if they were read."""
    vectors = np.zeros((1000, 2), np.float32)
    vectors[:, 0] = np.linspace(10, 1, 1000)
    falling = Falling(vectors, np.zeros(1000, bool))
    held = falling.others[0]
    held[600:, 0] = 100
    found, _ = falling.search(np.array([1, 0], np.float32), 5, np.zeros(0, int), np.ones(1000))
    assert found.tolist() == [0, 1, 2, 3, 4]
