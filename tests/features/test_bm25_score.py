"""BM25 of pairs, against bm25s and against the model that ranks by it."""

from __future__ import annotations

import bm25s
import numpy as np
import polars as pl
import pytest

from longshelf.components import build
from longshelf.errors import InputError, NotApplicable
from longshelf.features import Bm25Score
from longshelf.tables import Rows, Schema

SCHEMA = Schema(text=("query", "title"))
TITLES = ["red leather shoe", "blue shoe", "green china mug mug", "red red mug", "Gold watch, men"]
CHINESE = ["红色连衣裙", "蓝色运动鞋 男", "运动 连衣裙 红色 红色"]


def pairs(query: list[str | None], title: list[str | None]) -> Rows:
    texts = {"query": pl.String, "title": pl.String}
    frame = pl.DataFrame({"query": query, "title": title}, schema_overrides=texts)
    code = np.zeros(len(query), np.int64)
    return Rows(id=np.arange(len(query)), inputs=frame, y=code, code=code, groups=pl.DataFrame())


def scores(rows: Rows, train: Rows, **how: float) -> list[float]:
    found = Bm25Score(**how).fit(train, SCHEMA).transform(rows)
    assert (found.shape, found.dtype) == ((len(rows), 1), np.float32)
    return found[:, 0].tolist()


@pytest.mark.parametrize(("k1", "b"), [(1.2, 0.75), (0.9, 0.4), (1.5, 0.0)])
def test_as_bm25s_has_it(k1, b) -> None:
    lower = [title.lower().replace(",", "") for title in TITLES]
    index = bm25s.BM25(k1=k1, b=b, method="lucene")
    index.index([title.split() for title in lower], show_progress=False)
    train = pairs(["x"] * 5, TITLES)
    for query in ("red mug", "mug mug red", "Shoe", "sofa"):
        known = [word for word in query.lower().split() if word in " ".join(lower).split()]
        expected = index.get_scores(known) if known else np.zeros(5)
        np.testing.assert_allclose(
            scores(pairs([query] * 5, TITLES), train, k1=k1, b=b), expected, rtol=1e-5
        )


def test_a_title_paired_often_counts_once() -> None:
    rows = pairs(["red"] * 5, TITLES)
    often = pairs(["x"] * 9, [*TITLES, *TITLES[:4]])
    assert scores(rows, often) == scores(rows, pairs(["x"] * 5, TITLES))


def test_words_no_training_title_holds_are_the_rarest() -> None:
    train = pairs(["x"] * 5, TITLES)
    known, new = scores(pairs(["watch", "zorb"], ["a watch", "a zorb"]), train)
    assert new > known > 0


def test_chinese_words_are_cut() -> None:
    train = pairs(["裙"] * 3, CHINESE)
    found = scores(pairs(["红色连衣裙", "运动鞋", "红色连衣裙"], CHINESE), train)
    assert found[2] > 0
    assert found[0] > found[2]
    assert scores(pairs(["男"], ["女"]), train) == [0]


def test_what_is_missing_scores_nothing() -> None:
    train = pairs(["x"] * 5, TITLES)
    assert scores(pairs([None, "red", ""], ["red", None, ""]), train) == [0, 0, 0]
    assert scores(pairs(["red"], ["red"]), pairs([None], [None])) == [pytest.approx(0, abs=1e-6)]


def test_what_cannot_be_asked_is_said() -> None:
    with pytest.raises(InputError, match="k1 of 0 or more"):
        Bm25Score(k1=-1)
    with pytest.raises(NotApplicable, match="name 1 text columns: title"):
        Bm25Score().fit(pairs(["x"], ["y"]), Schema(text=("title",)))
    assert build("features", "bm25_score(b=0.5)") == Bm25Score(b=0.5)
