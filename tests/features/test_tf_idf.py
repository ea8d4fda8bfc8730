"""TF-IDF held against scikit-learn and against its formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

from longshelf.components import build, show
from longshelf.errors import InputError, NotApplicable
from longshelf.features import TfIdf
from longshelf.tables import Rows, Schema, join

SCHEMA = Schema(text=("title",))
TITLES = [
    "red cotton shirt", "blue cotton shirt", "red silk dress", "T shirt men", "T shirt women red",
    "blue running shoes men", "red running shoes women", "silk dress women",
]  # fmt: skip
CHINESE = ["红色连衣裙", "蓝色连衣裙", "红色运动鞋", "蓝色运动鞋 男"]


def part(titles: list[str | None], start: int = 0) -> Rows:
    n = len(titles)
    inputs = pl.DataFrame({"title": titles}, schema={"title": pl.String})
    zeros = np.zeros(n, np.int64)
    return Rows(
        id=np.arange(start, start + n), inputs=inputs, y=zeros, code=zeros, groups=pl.DataFrame()
    )


def dense(X: object) -> np.ndarray:
    return sp.csr_matrix(X).toarray()


def test_words_equal_scikit_learn() -> None:
    ours = TfIdf().fit(part(TITLES), SCHEMA).transform(part(TITLES))
    peer = TfidfVectorizer(
        ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"(?u)\w+"
    )
    np.testing.assert_allclose(dense(ours), peer.fit_transform(TITLES).toarray(), atol=1e-6)
    assert sp.isspmatrix_csr(ours)
    assert ours.dtype == np.float32


def test_a_row_equals_the_formula() -> None:
    fitted = TfIdf(words=(1, 1), min_rows=1).fit(part(TITLES), SCHEMA)
    row = dense(fitted.transform(part(["red red shirt"])))[0]
    seen = {word: sum(word in title.split() for title in TITLES) for word in ("red", "shirt")}
    tf = {"red": 1 + np.log(2), "shirt": 1.0}
    raw = {word: tf[word] * (1 + np.log((1 + len(TITLES)) / (1 + seen[word]))) for word in tf}
    length = np.sqrt(sum(value**2 for value in raw.values()))
    for word, value in raw.items():
        assert row[fitted.names.index(word)] == pytest.approx(value / length, rel=1e-5)


def test_words_and_characters_together_have_length_one() -> None:
    fitted = TfIdf(characters=(2, 4)).fit(part(TITLES), SCHEMA)
    X = dense(fitted.transform(part(TITLES)))
    np.testing.assert_allclose(np.linalg.norm(X, axis=1), 1, atol=1e-6)
    assert X.shape[1] == len(fitted.names) > 20


def test_chinese_is_cut_into_words_without_being_told() -> None:
    names = TfIdf(words=(1, 1)).fit(part(CHINESE), SCHEMA).names
    assert {"红色", "连衣裙", "运动鞋"} <= set(names)


def test_the_vocabulary_is_of_the_training_part_alone() -> None:
    fitted = TfIdf(min_rows=1).fit(part(TITLES), SCHEMA)
    X = fitted.transform(part(["zebra umbrella", None]))
    assert X.shape == (2, len(fitted.names))
    assert X.nnz == 0


def test_several_text_columns_are_joined_and_gaps_skipped() -> None:
    frame = pl.DataFrame({"a": ["red", "red"], "b": ["shirt", None]})
    zeros = np.zeros(2, np.int64)
    rows = Rows(id=np.arange(2), inputs=frame, y=zeros, code=zeros, groups=pl.DataFrame())
    fitted = TfIdf(min_rows=1).fit(rows, Schema(text=("a", "b")))
    assert set(fitted.names) == {"red", "shirt", "red shirt"}


@pytest.mark.parametrize("spec", ["tf_idf", "tf_idf(words=None, characters=(2, 5))"])
def test_names_parse_back(spec: str) -> None:
    assert show(build("features", spec)) == spec


def test_a_yaml_list_is_the_same_as_a_tuple() -> None:
    assert TfIdf(words=[1, 2]) == TfIdf()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [{"words": None}, {"words": (2, 1)}, {"language": "fr"}, {"min_rows": 0}]
)
def test_wrong_arguments_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        TfIdf(**wrong)  # type: ignore[arg-type]


def test_data_without_text_are_not_applicable() -> None:
    with pytest.raises(NotApplicable, match="no text column"):
        TfIdf().fit(part(TITLES), Schema(numeric=("price",)))


def test_a_text_with_nothing_in_common_is_said() -> None:
    with pytest.raises(InputError, match="lower min_rows"):
        TfIdf().fit(part(["red", "blue"]), SCHEMA)


def test_written_rows_say_which_words_count_unless_observed_rows_alone_do() -> None:
    train, written = part(TITLES), part(["mauve cotton shirt", "mauve cotton shirt"], -2)
    origin = np.array(["observed"] * len(TITLES) + ["eda"] * 2)
    both = replace(join(train, written), origin=origin)
    assert "mauve" in TfIdf().fit(both, SCHEMA).names
    alone, wanted = (TfIdf(observed=True).fit(rows, SCHEMA) for rows in (both, train))
    assert alone.names == wanted.names
    np.testing.assert_array_equal(dense(alone.transform(both)), dense(wanted.transform(both)))
