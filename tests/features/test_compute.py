"""Features are computed once: what is kept, what is found again, what makes a new key."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp

from longshelf.cache import Cache
from longshelf.features import Combined, Features, Tabular, TfIdf, compute
from longshelf.features.fingerprint import frame_hash
from longshelf.features.store import VectorStore, text_hashes
from longshelf.tables import Rows, Schema

SCHEMA = Schema(text=("title",), numeric=("price",), categorical=("colour",))
ENCODED: list[str] = []


@dataclass(frozen=True, kw_only=True)
class Letters(Features):
    """Counts of three letters: a stateless encoder a test can check by eye."""

    stateless: ClassVar[bool] = True
    mark: str = "one"

    def fit(self, train: Rows, schema: Schema) -> FittedLetters:
        return FittedLetters(self.mark)


@dataclass(frozen=True)
class FittedLetters:
    key: str
    width: int = 3

    def texts(self, rows: Rows) -> pl.Series:
        return rows.inputs["title"]

    def encode(self, texts: list[str]) -> np.ndarray[Any, Any]:
        ENCODED.extend(texts)
        return np.array([[text.count(each) for each in "abc"] for text in texts], np.float32)

    def transform(self, rows: Rows) -> np.ndarray[Any, Any]:
        return self.encode(self.texts(rows).to_list())


@dataclass(frozen=True, kw_only=True)
class Centred(Features):
    """Price minus its training mean, and a list of the fits."""

    labelled: bool = False

    @property
    def supervised(self) -> bool:
        return self.labelled

    def fit(self, train: Rows, schema: Schema) -> FittedCentred:
        FITS.append(len(train))
        return FittedCentred(float(train.inputs["price"].mean()))  # type: ignore[arg-type]


@dataclass(frozen=True)
class FittedCentred:
    mean: float

    def transform(self, rows: Rows) -> np.ndarray[Any, Any]:
        return (rows.inputs["price"].to_numpy() - self.mean)[:, None].astype(np.float32)


FITS: list[int] = []


@pytest.fixture(autouse=True)
def fresh() -> None:
    ENCODED.clear()
    FITS.clear()


def part(titles: list[str], seed: int = 0) -> Rows:
    rng = np.random.default_rng(seed)
    n = len(titles)
    frame = pl.DataFrame(
        {"title": titles, "price": rng.normal(size=n), "colour": rng.choice(["r", "g"], n)}
    )
    y = np.arange(n) % 2
    groups = pl.DataFrame({"g": np.zeros(n)})
    return Rows(id=np.arange(n), inputs=frame, y=y, code=y, groups=groups)


TRAIN = part(["aab", "abc", "aab", "ccc"])
TEST = part(["abc", "bbb", "aab"], seed=1)


def test_texts_are_encoded_once_whatever_part_they_are_in(tmp_path: Path) -> None:
    cold = compute(Letters(), SCHEMA, TRAIN, [TRAIN, TEST], Cache(tmp_path))
    assert (cold.hits, cold.misses) == (0, 4)
    assert sorted(ENCODED) == ["aab", "abc", "bbb", "ccc"]
    for matrix, rows in zip(cold.matrices, (TRAIN, TEST), strict=True):
        np.testing.assert_array_equal(matrix, FittedLetters("x").transform(rows))
    ENCODED.clear()
    more = part(["abc", "new a"])
    warm = compute(Letters(), SCHEMA, TRAIN, [TRAIN, TEST, more], Cache(tmp_path))
    assert (warm.hits, warm.misses) == (4, 1)
    assert ENCODED == ["new a"]
    np.testing.assert_array_equal(warm.matrices[2], [[1, 1, 1], [1, 0, 0]])


def test_another_encoder_shares_nothing(tmp_path: Path) -> None:
    compute(Letters(), SCHEMA, TRAIN, [TRAIN], Cache(tmp_path))
    assert compute(Letters(mark="two"), SCHEMA, TRAIN, [TRAIN], Cache(tmp_path)).misses == 3


def test_fitted_features_are_fitted_once_per_training_part(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cold = compute(Centred(), SCHEMA, TRAIN, [TRAIN, TEST], cache)
    assert (cold.hits, cold.misses, FITS) == (0, 2, [4])
    warm = compute(Centred(), SCHEMA, TRAIN, [TRAIN, TEST], cache)
    assert (warm.hits, warm.misses, FITS) == (2, 0, [4])
    for a, b in zip(cold.matrices, warm.matrices, strict=True):
        np.testing.assert_array_equal(a, b)
    fewer = compute(Centred(), SCHEMA, TRAIN.take(np.arange(3)), [TEST], cache)
    assert (fewer.misses, FITS) == (1, [4, 3])
    assert not np.array_equal(fewer.matrices[0], cold.matrices[1])


def test_equal_rows_in_another_layout_are_found(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    compute(TfIdf(min_rows=1), SCHEMA, TRAIN, [TEST], cache)
    wider = part(["ccc", "aab", "zzz", "abc"])
    frame = pl.concat([wider.inputs[:1], TRAIN.inputs])[1:]
    again = replace(TRAIN, inputs=frame)
    assert compute(TfIdf(min_rows=1), SCHEMA, again, [TEST], cache).hits == 1


def test_labels_make_a_new_key_only_where_they_are_read(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    flipped = replace(TRAIN, y=1 - TRAIN.y, code=1 - TRAIN.code)
    for labelled, misses in ((False, 0), (True, 1)):
        features = Centred(labelled=labelled)
        compute(features, SCHEMA, TRAIN, [TEST], cache)
        assert compute(features, SCHEMA, flipped, [TEST], cache).misses == misses


def test_test_rows_never_change_the_training_matrix(tmp_path: Path) -> None:
    features = Combined(parts=(TfIdf(min_rows=1), Tabular(categorical="target")))
    first = compute(features, SCHEMA, TRAIN, [TRAIN, TEST], Cache(tmp_path / "a"))
    wild = part(["zz zz", "abc"], seed=9)
    second = compute(features, SCHEMA, TRAIN, [TRAIN, wild], Cache(tmp_path / "b"))
    np.testing.assert_array_equal(first.matrices[0].toarray(), second.matrices[0].toarray())


def test_side_by_side_each_part_is_kept_on_its_own(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    compute(TfIdf(min_rows=1), SCHEMA, TRAIN, [TRAIN, TEST], cache)
    both = Combined(parts=(TfIdf(min_rows=1), Letters()))
    made = compute(both, SCHEMA, TRAIN, [TRAIN, TEST], cache)
    assert (made.hits, made.misses) == (2, 4)
    assert sp.isspmatrix_csr(made.matrices[0])
    expected = both.fit(TRAIN, SCHEMA).transform(TEST)
    np.testing.assert_array_equal(made.matrices[1].toarray(), expected.toarray())


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    store = VectorStore(tmp_path / "vectors", 2)
    texts = [f"text {i}" for i in range(2000)]

    def write(start: int) -> None:
        own = texts[start : start + 50]
        store.add(text_hashes(own), np.array([[len(text), start] for text in own], np.float32))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, [start for start in range(0, 2000, 50) for _ in range(2)]))
    vectors, known = store.find(text_hashes([*texts, "never written"]))
    assert known.tolist() == [True] * 2000 + [False]
    np.testing.assert_array_equal(vectors[:-1, 0], [len(text) for text in texts])
    np.testing.assert_array_equal(vectors[:-1, 1], np.arange(2000) // 50 * 50)


WRITER = """
import os, sys
from pathlib import Path
import numpy as np
from longshelf.features.store import VectorStore, text_hashes
store = VectorStore(Path(sys.argv[1]), 2)
start = 0
while True:
    own = [f"text {i}" for i in range(start, start + 20)]
    store.add(text_hashes(own), np.array([[len(text), start] for text in own], np.float32))
    print(start, flush=True)
    start += 20
"""


def test_processes_killed_while_writing_leave_whole_segments(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    reached = []
    for writer in writers:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) >= 600:
                break
        writer.kill()
        reached.append(int(line))
        writer.stdout.close()
        writer.wait()
    texts = [f"text {i}" for i in range(min(reached) + 20)]
    vectors, known = VectorStore(tmp_path, 2).find(text_hashes(texts))
    assert known.all()
    np.testing.assert_array_equal(vectors[:, 0], [len(text) for text in texts])
    np.testing.assert_array_equal(vectors[:, 1], np.arange(len(texts)) // 20 * 20)


def test_an_interrupted_write_is_as_if_it_had_not_been(tmp_path: Path) -> None:
    store = VectorStore(tmp_path, 2)
    store.add(text_hashes(["a"]), np.ones((1, 2), np.float32))
    (tmp_path / "half.vectors.npy").write_bytes(b"\x93NUMPY")
    vectors, known = store.find(text_hashes(["a", "b"]))
    assert known.tolist() == [True, False]
    assert vectors.tolist() == [[1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (["ab", "c"], ["a", "bc"]),
        (["", "a"], [None, "a"]),
        ([0, 1], [None, 1]),
        ([0, 1], [0.0, 1.0]),
        ([True, False], [False, True]),
    ],
)
def test_different_columns_have_different_hashes(left: list[Any], right: list[Any]) -> None:
    hashes = [frame_hash(pl.DataFrame({"x": values})) for values in (left, right)]
    assert hashes[0] != hashes[1]
    assert frame_hash(pl.DataFrame({"x": left})) == hashes[0]
    assert frame_hash(pl.DataFrame({"y": left})) != hashes[0]


@pytest.mark.parametrize(
    "features", [TfIdf(min_rows=1), Letters(), Tabular(), Tabular(categorical="target")], ids=str
)
def test_an_empty_part_has_the_width_of_the_others(features: Features, tmp_path: Path) -> None:
    none = TRAIN.take(np.zeros(0, np.int64))
    made = compute(features, SCHEMA, TRAIN, [TRAIN, none], Cache(tmp_path))
    assert made.matrices[1].shape == (0, made.matrices[0].shape[1])
