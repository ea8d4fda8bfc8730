"""Pairs of texts compared: held against loops by hand, and against what every comparison owes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from longshelf.cache import Cache
from longshelf.components import build, show
from longshelf.errors import InputError, NotApplicable
from longshelf.features import Combined, MiniLm, Pair, TfIdf, Words, compute
from longshelf.features.comparison import compared, difference
from longshelf.features.similarities import NAMES, codes_of
from longshelf.tables import Matrix, Rows, Schema

SCHEMA = Schema(text=("left", "right"))
PRICED = Schema(text=("left", "right"), numeric=("left_price", "right_price", "left_stars"))
LEFT = [
    "netgear xav5001-100nas powerline adapter", "Word 2007 upgrade", "red cotton shirt",
    "canon eos 40d", None, "sony tv 4.0",
]  # fmt: skip
RIGHT = [
    "Netgear XAV5001100NAS adapter", "word 2010", "blue silk dress", "canon eos40d body",
    "canon", None,
]  # fmt: skip
CHINESE = (["红色连衣裙 P70D20TL-D4", "蓝色运动鞋"], ["红色 连衣裙 p70d20tld4", "红色连衣裙"])


def part(left: Sequence[str | None], right: Sequence[str | None], **more: object) -> Rows:
    n = len(left)
    frame = pl.DataFrame(
        {"left": left, "right": right, **more},
        schema_overrides={"left": pl.String, "right": pl.String},
    )
    zeros = np.zeros(n, np.int64)
    return Rows(id=np.arange(n), inputs=frame, y=zeros, code=zeros, groups=pl.DataFrame())


def dense(X: Matrix) -> np.ndarray:
    return X.toarray() if sp.issparse(X) else np.asarray(X)


def by_name(
    rows: Rows, train: Rows | None = None, schema: Schema = SCHEMA
) -> dict[str, np.ndarray]:
    fitted = Pair().fit(rows if train is None else train, schema)
    return dict(zip(fitted.names, fitted.transform(rows).T, strict=True))


def rarity(bags: Sequence[set[str]], thing: str) -> float:
    seen = sum(thing in bag for bag in bags)
    return (1 + math.log((1 + len(bags)) / (1 + seen))) / (1 + math.log(1 + len(bags)))


def test_words_equal_a_loop_over_sets() -> None:
    rows = part(LEFT, RIGHT)
    found = by_name(rows)
    bags = [set(re.findall(r"\w+", text.lower())) for text in {t or "" for t in (*LEFT, *RIGHT)}]
    for i, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
        a, b = (set(re.findall(r"\w+", (text or "").lower())) for text in (left, right))
        total = {
            name: sum(rarity(bags, word) for word in sorted(bag))
            for name, bag in {"shared": a & b, "either": a | b, "left": a, "right": b}.items()
        }
        expected = {
            "words shared": len(a & b) / max(1, len(a | b)),
            "rare words shared": total["shared"] / (total["either"] or 1),
            "left words in right": total["shared"] / (total["left"] or 1),
            "right words in left": total["shared"] / (total["right"] or 1),
            "rarest word shared": max((rarity(bags, word) for word in a & b), default=0),
            "rarest word of left alone": max((rarity(bags, word) for word in a - b), default=0),
            "rarest word of right alone": max((rarity(bags, word) for word in b - a), default=0),
            "length ratio": min(len(left or ""), len(right or ""))
            / max(len(left or ""), len(right or ""), 1),
        }
        for name, value in expected.items():
            assert found[name][i] == pytest.approx(value, rel=1e-5), (name, i)


def test_codes_are_one_whatever_joins_their_parts() -> None:
    found = by_name(part(LEFT, RIGHT))
    assert found["codes shared"].tolist() == [1, 0, 0, 0, 0, 0]
    assert found["code inside"][0] == 1
    assert found["codes of left alone"].tolist() == [0, 0.5, 0, 0.5, 0, 0.5]
    assert codes_of("4.0 4 100.50 a.b 7-zip") == {"4", "100.5", "7zip"}


def test_a_code_is_found_across_spaces_and_a_short_one_is_not() -> None:
    found = by_name(part(["xerox 108r00645", "canon 40d"], ["108 r00645 xerox", "eos40d canon"]))
    np.testing.assert_allclose(found["code inside"], [9 / 12, 0])


def test_the_cosine_of_trigrams_equals_a_loop() -> None:
    rows = part(["red shirt"], ["red shirts"])
    padded = [[f" {word} " for word in text.split()] for text in ("red shirt", "red shirts")]
    grams = [[w[i : i + 3] for w in words for i in range(len(w) - 2)] for words in padded]
    weight = {
        gram: 1 + math.log(3 / (1 + sum(gram in side for side in grams)))
        for gram in (*grams[0], *grams[1])
    }
    dot = sum(weight[gram] ** 2 for gram in set(grams[0]) & set(grams[1]))
    length = [math.sqrt(sum(weight[gram] ** 2 for gram in set(side))) for side in grams]
    assert by_name(rows)["trigram cosine"][0] == pytest.approx(dot / math.prod(length), rel=1e-5)


def test_numbers_of_both_sides_are_compared_and_gaps_said() -> None:
    left, right = [10.0, 0.0, None, float("inf")], [8.0, 0.0, 5.0, 1.0]
    more = {"left_price": left, "right_price": right, "left_stars": [1.0] * 4}
    found = by_name(part(["a b"] * 4, ["a c"] * 4, **more), schema=PRICED)
    np.testing.assert_allclose(found["price difference"], [0.2, 0, 1, 1], rtol=1e-6)
    assert found["price missing"].tolist() == [0, 0, 1, 1]
    assert list(found) == [*NAMES, "trigram cosine", "price difference", "price missing"]


def test_vectors_compare_as_by_hand() -> None:
    V = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    V[4] = 0
    X = compared(V)
    for i in range(3):
        u, v = V[i], V[3 + i]
        length = np.linalg.norm(u) * np.linalg.norm(v)
        expected = [u @ v / length if length else 0, *np.abs(u - v), *u * v]
        np.testing.assert_allclose(X[i], expected, rtol=1e-5, atol=1e-6)
    sparse = compared(sp.csr_matrix(V))
    assert sp.isspmatrix_csr(sparse)
    np.testing.assert_allclose(dense(sparse), X, rtol=1e-5, atol=1e-6)


def test_an_encoder_adds_its_comparison_and_is_fitted_on_distinct_training_texts() -> None:
    train = part(["red shirt", "red shirt", "red shirt"], ["red dress", "blue dress", "blue shirt"])
    inner = TfIdf(min_rows=2, words=(1, 1))
    X = Pair(encoder=inner, strings=False).fit(train, SCHEMA).transform(train)
    distinct = part(["red shirt", "red dress", "blue dress", "blue shirt"], [None] * 4)
    fitted = inner.fit(distinct, Schema(text=("left",)))
    u, v = (
        fitted.transform(part(train.inputs[side].to_list(), [None] * 3))
        for side in ("left", "right")
    )
    expected = np.hstack(
        [(dense(u) * dense(v)).sum(1, keepdims=True), abs(dense(u) - dense(v)), dense(u) * dense(v)]
    )
    np.testing.assert_allclose(dense(X), expected, atol=1e-6)
    both = Pair(encoder=inner).fit(train, SCHEMA).transform(train)
    assert both.shape[1] == len(NAMES) + 1 + X.shape[1]


@pytest.mark.parametrize("encoder", [TfIdf(min_rows=1), MiniLm()])
def test_computing_gives_the_same_and_reads_each_text_once(encoder, tmp_path) -> None:
    rows, cache = part(LEFT, RIGHT), Cache(tmp_path)
    pair = Pair(encoder=encoder)
    first = compute(pair, SCHEMA, rows, (rows, rows.take(np.arange(2))), cache)
    np.testing.assert_allclose(
        dense(first.matrices[0]), dense(pair.fit(rows, SCHEMA).transform(rows)), atol=1e-5
    )
    np.testing.assert_allclose(dense(first.matrices[0])[:2], dense(first.matrices[1]), atol=1e-5)
    again = compute(pair, SCHEMA, rows, (rows,), cache)
    assert again.misses == 0
    if type(encoder).stateless:
        swapped = part(RIGHT, LEFT)
        turned = compute(Pair(encoder=encoder, strings=False), SCHEMA, swapped, (swapped,), cache)
        assert turned.misses == 0


def test_training_alone_decides_what_is_rare() -> None:
    train = part(["red shirt", "red dress"], ["red shoe", "red hat"])
    one, other = part(["red zebra"], ["red zebra"]), part(["red red"], ["red"])
    found = by_name(one, train)
    assert found["rarest word shared"][0] == 1
    assert by_name(other, train)["rarest word shared"][0] < 0.5
    together = part(["red zebra", "red red"], ["red zebra", "red"])
    assert by_name(together, train)["rarest word shared"][0] == found["rarest word shared"][0]


def test_chinese_words_are_cut_and_codes_found() -> None:
    found = by_name(part(*CHINESE))
    assert found["codes shared"].tolist() == [1, 0]
    assert found["rare words shared"][0] > 0.25
    assert found["rare words shared"][1] == 0
    assert found["trigram cosine"][0] > 0.2
    assert found["trigram cosine"][1] == 0
    shared = by_name(part(["红色连衣裙"], ["蓝色连衣裙"]))["words shared"][0]
    assert shared == pytest.approx(1 / 3)


def test_no_row_and_no_word_are_no_reason_to_fail() -> None:
    fitted = Pair(encoder=TfIdf(min_rows=1)).fit(part(LEFT, RIGHT), SCHEMA)
    empty = fitted.transform(part([], []))
    blank = dense(fitted.transform(part([None, "!!"], ["", None])))
    assert empty.shape == (0, blank.shape[1])
    assert not blank.any()


def test_batches_change_nothing(monkeypatch) -> None:
    rows = part(LEFT, RIGHT)
    whole = Pair().fit(rows, SCHEMA).transform(rows)
    monkeypatch.setattr("longshelf.features.pair._BATCH", 2)
    np.testing.assert_array_equal(Pair().fit(rows, SCHEMA).transform(rows), whole)


words = st.text(alphabet="ab1 -.鞋", max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(words, words), min_size=1, max_size=6))
def test_similarities_stay_within_their_borders_and_mirror(pairs) -> None:
    left, right = ["ab 12", *(a for a, _ in pairs)], ["ab 1a", *(b for _, b in pairs)]
    rows, mirrored = part(left, right), part(right, left)
    X = Pair().fit(rows, SCHEMA).transform(rows)
    assert X.dtype == np.float32
    assert np.isfinite(X).all()
    assert X.min() >= 0
    assert X.max() <= 1 + 1e-6
    swap = [
        NAMES.index(name.replace("left", "*").replace("right", "left").replace("*", "right"))
        if name in ("rarest word of left alone", "rarest word of right alone",
                    "codes of left alone", "codes of right alone")
        else NAMES.index(f"{name.split()[-1]} {name.split()[1]} in {name.split()[0]}")
        if " in " in name else i
        for i, name in enumerate(NAMES)
    ]  # fmt: skip
    other = Pair().fit(rows, SCHEMA).transform(mirrored)
    np.testing.assert_allclose(other[:, swap], X[:, : len(NAMES)], atol=1e-6)
    same = Pair().fit(rows, SCHEMA).transform(part(left, left))
    np.testing.assert_array_equal(same[:, NAMES.index("rarest word of left alone")], 0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(*[st.floats() | st.none()] * 2), min_size=1, max_size=5))
def test_any_two_numbers_compare(pairs) -> None:
    sides = [pl.Series([pair[k] for pair in pairs], dtype=pl.Float64) for k in (0, 1)]
    X = difference(*sides)
    assert np.isfinite(X).all()
    assert ((X[:, 0] >= 0) & (X[:, 0] <= 2)).all()
    np.testing.assert_array_equal(difference(*sides[::-1]), X)


@pytest.mark.parametrize("columns", [(), ("left",), ("left", "right", "note")])
def test_other_than_two_texts_do_not_apply(columns, tmp_path) -> None:
    rows, schema = part(LEFT, RIGHT), Schema(text=columns)
    with pytest.raises(NotApplicable, match=f"{len(columns)} text columns"):
        Pair().fit(rows, schema)
    with pytest.raises(NotApplicable, match="Name exactly two"):
        compute(Pair(encoder=TfIdf()), schema, rows, (rows,), Cache(tmp_path))


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(InputError, match="got neither"):
        Pair(strings=False)
    with pytest.raises(InputError, match="must be features"):
        Pair(encoder="minilm")  # type: ignore[arg-type]
    rows = part(LEFT, RIGHT)
    with pytest.raises(InputError, match="real numbers"):
        Pair(encoder=Words()).fit(rows, SCHEMA).transform(rows)
    with pytest.raises(NotApplicable, match="1 text columns"):
        Pair(encoder=Pair()).fit(rows, SCHEMA)


@pytest.mark.parametrize(
    "spec", ["pair", "pair(encoder=tf_idf(words=(1, 1)))", "pair(encoder=minilm, strings=False)"]
)
def test_names_parse_back(spec: str) -> None:
    assert show(build("features", spec)) == spec
    assert isinstance(build("features", f"{spec} + pair"), Combined)
