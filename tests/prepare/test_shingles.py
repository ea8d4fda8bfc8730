"""MinHash against sets and a double loop."""

import time
from itertools import pairwise

import numpy as np

from longshelf.prepare.shingles import nearly_equal, shingles


def grams(text, size=4):
    padded = text.ljust(size, "\0")
    return {padded[i : i + size] for i in range(len(padded) - size + 1)}


def titles(n, seed, words=400):
    rng = np.random.default_rng(seed)
    vocabulary = ["".join(rng.choice(list("abcdefghij"), 6)) for _ in range(words)]
    return [" ".join(rng.choice(vocabulary, 6)) for _ in range(n)]


def test_shingles_count_as_sets_do():
    texts = ["aaaa aaaa", "abc", "x", "长尾货架长尾货架", "red red red red"]
    assert np.diff(shingles(texts)[1]).tolist() == [len(grams(text)) for text in texts]


def test_equal_grams_have_equal_hashes_whatever_surrounds_them():
    hashes, starts = shingles(["abcdXX", "YYabcd"])
    first, second = (set(hashes[a:b]) for a, b in pairwise(starts))
    assert len(first & second) == 1


def test_found_pairs_are_those_of_a_double_loop():
    known = titles(300, 0)
    rng = np.random.default_rng(1)
    asked = [
        text[:-k] + "z" * k if k else text[1:]
        for text, k in zip(titles(300, 0)[:200], rng.integers(0, 12, 200), strict=True)
    ] + titles(100, 9)
    sets = [grams(text) for text in known]
    best = np.array(
        [max(len(a & b) / len(a | b) for b in sets) for a in (grams(text) for text in asked)]
    )
    found = nearly_equal(asked, known, 0.8)
    assert not found[best < 0.8].any()
    assert found[best >= 0.8].mean() > 0.97
    assert 40 < (best >= 0.8).sum() < 180


def test_nothing_asked_and_nothing_known():
    assert nearly_equal([], ["abc"]).tolist() == []
    assert nearly_equal(["abc"], []).tolist() == [False]


def test_crowded_buckets_stay_bounded():
    known = [f"the very same long product title number {i:05}" for i in range(8000)]
    asked = [f"the very same long product title number {i:05} xyzxyz qqqq" for i in range(4000)]
    start = time.process_time()
    nearly_equal(asked, known, 0.95)
    assert time.process_time() - start < 10
