"""The cache: whole entries from many writers, the oldest dropped, broken ones made again."""

import multiprocessing as mp
import os
import pickle
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from longshelf.cache import Cache, Latest, code_hash, digest, pack, text_hash, unpack


def entry(value, size=1000):
    return {"a": np.full(size, value), "b": np.arange(3)}


def hammer(folder, number, rounds, queue):
    """Write and read the same few keys over and over; report anything torn."""
    cache, torn = Cache(folder, limit=40_000), 0
    for step in range(rounds):
        key = f"{step % 7:02x}" + "ab" * 15
        cache.put(key, entry(step % 7))
        found = cache.get(key)
        if found is not None and not (np.asarray(found["a"]) == step % 7).all():
            torn += 1
    queue.put(torn)


def test_writers_at_once_leave_whole_entries(tmp_path):
    context = mp.get_context("spawn")
    queue = context.Queue()
    writers = [context.Process(target=hammer, args=(tmp_path, i, 40, queue)) for i in range(3)]
    for writer in writers:
        writer.start()
    torn = [queue.get(timeout=60) for _ in writers]
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert torn == [0, 0, 0]
    assert Cache(tmp_path, limit=40_000).size() <= 60_000
    assert not list(tmp_path.glob("*/.beside-*"))


def test_an_entry_comes_back_memory_mapped_and_a_second_put_changes_nothing(tmp_path):
    cache = Cache(tmp_path)
    cache.put("aa11", entry(1))
    cache.put("aa11", entry(2))
    found = cache.get("aa11")
    assert isinstance(found["a"], np.memmap)
    assert (found["a"] == 1).all()
    assert cache.get("bb22") is None
    assert cache.size() == sum(
        file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()
    )


def test_the_least_recently_used_goes_first(tmp_path):
    cache = Cache(tmp_path, limit=3 * 9_000)
    for age, key in enumerate(("aa", "bb", "cc")):
        cache.put(key, entry(age))
        os.utime(tmp_path / key / key, (age, age))
    assert cache.get("aa") is not None
    cache.put("dd", entry(9))
    held = [key for key in ("aa", "bb", "cc", "dd") if cache.get(key) is not None]
    assert held == ["aa", "cc", "dd"]
    assert cache.size() <= cache.limit


@pytest.mark.parametrize("damage", ["truncate", "names", "missing"])
def test_a_broken_entry_is_computed_again(tmp_path, damage):
    cache = Cache(tmp_path)
    cache.put("aa", entry(1))
    if damage == "truncate":
        path = tmp_path / "aa" / "aa" / "a.npy"
        path.write_bytes(path.read_bytes()[:200])
    elif damage == "names":
        (tmp_path / "aa" / "aa" / "entry.json").write_text("[")
    else:
        (tmp_path / "aa" / "aa" / "b.npy").unlink()
    assert cache.get("aa") is None
    calls = []

    def compute():
        calls.append(1)
        return entry(5)

    for _ in range(2):
        assert (np.asarray(cache.of("aa", compute)["a"]) == 5).all()
    assert len(calls) == 1, "the broken entry was not replaced"


def test_abandoned_writes_are_swept_after_an_hour(tmp_path):
    old, young = tmp_path / "aa" / ".beside-1", tmp_path / "aa" / ".beside-2"
    for place in (old, young):
        place.mkdir(parents=True)
    os.utime(old, (time.time() - 4000,) * 2)
    Cache(tmp_path).put("bb", entry(1))
    assert (old.exists(), young.exists()) == (False, True)


def test_the_default_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("LONGSHELF_CACHE", str(tmp_path))
    monkeypatch.setenv("LONGSHELF_CACHE_GB", "0.5")
    assert Cache.default() == Cache(tmp_path, 2**29)


@settings(max_examples=30, deadline=None)
@given(
    arrays(
        np.float32,
        st.tuples(st.integers(0, 5), st.integers(1, 4)),
        elements=st.floats(0, 1, width=32),
    )
)
def test_matrices_survive_packing(X):
    np.testing.assert_array_equal(unpack(pack(X)), X)
    sparse = unpack(pack(sp.csr_matrix(X)))
    assert sp.issparse(sparse)
    assert (sparse.toarray() == X).all()


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=3)
    | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(VALUES, VALUES)
def test_digests_tell_values_apart(one, other):
    assert (digest(one) == digest(other)) == (repr(order(one)) == repr(order(other)))


def order(value):
    if isinstance(value, dict):
        return {key: order(value[key]) for key in sorted(value, key=repr)}
    return [order(item) for item in value] if isinstance(value, list) else value


def test_digests_see_shape_type_and_names():
    a = np.arange(6)
    different = [
        a, a.reshape(2, 3), a.astype(float), a.astype(str), sp.csr_matrix(a), a.tolist(), [a],
        pl.DataFrame({"a": a}), pl.DataFrame({"b": a}), pl.Series("a", a), ["ab", "c"], ["a", "bc"],
    ]  # fmt: skip
    assert len({digest(item) for item in different}) == len(different)
    assert digest(a) == digest(a.copy())
    assert digest(np.asfortranarray(a.reshape(2, 3))) == digest(a.reshape(2, 3))


def test_code_hashes_ignore_docstrings_and_comments_only():
    plain = "def f(x):\n    return x + 1\n"
    told = 'def f(x):\n    """Adds one."""\n    return x + 1  # one\n'
    assert text_hash(told) == text_hash('def f(x):\n    """Else."""\n    return x + 1\n')
    assert text_hash(plain) != text_hash(plain.replace("1", "2"))
    assert (
        code_hash(Cache)
        == code_hash(Cache)
        != code_hash(test_code_hashes_ignore_docstrings_and_comments_only)
    )


def test_the_latest_values_stay_within_their_weight_and_the_last_asked_for_stay_longest():
    kept = Latest(10, weigh=len)
    for word in ("four", "five", "four", "sixsix", "four"):
        assert kept.of(word, lambda word=word: word) == word
    assert list(kept.kept) == ["sixsix", "four"]
    assert kept.weight == 10
    assert kept.of("far too heavy", lambda: "x" * 11) == "x" * 11
    assert list(kept.kept) == ["sixsix", "four"]
    kept.of("a", lambda: "a")
    kept.forget()
    assert kept.of("a", lambda: "again") == "again"


def test_threads_that_ask_at_once_get_what_they_ask_for():
    kept = Latest(3)

    def ask(number):
        return kept.of(number % 7, lambda: number % 7)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(3000))) == [number % 7 for number in range(3000)]
    assert kept.weight == len(kept.kept) == 3


def test_another_process_begins_with_nothing_kept():
    kept = Latest(2)
    kept.of("a", lambda: 1)
    again = pickle.loads(pickle.dumps(kept))
    assert again.size == 2
    assert again.of("a", lambda: 2) == 2
