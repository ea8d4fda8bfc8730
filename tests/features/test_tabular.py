"""Tabular features held against scikit-learn, naive loops and hand-worked tables."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler, TargetEncoder

from longshelf.errors import InputError, NotApplicable
from longshelf.features import Tabular
from longshelf.tables import Rows, Schema

SCHEMA = Schema(numeric=("price", "age"), categorical=("colour", "size"))
N = 120


def part(seed: int, n: int = N, start: int = 0, **changes: list[object]) -> Rows:
    rng = np.random.default_rng(seed)
    columns = {
        "price": rng.lognormal(size=n),
        "age": rng.normal(40, 10, n),
        "colour": rng.choice(["red", "blue", "green"], n),
        "size": rng.choice(["S", "M", "L"], n),
    }
    frame = pl.DataFrame(columns | changes)
    y = rng.integers(0, 3, n)
    groups = pl.DataFrame({"group": np.zeros(n)})
    return Rows(id=np.arange(start, start + n), inputs=frame, y=y, code=y, groups=groups)


def numbers(rows: Rows) -> np.ndarray:
    return rows.inputs.select("price", "age").to_numpy()


def test_standard_scaling_equals_scikit_learn() -> None:
    train, test = part(0), part(1)
    ours = Tabular(clip=0).fit(train, Schema(numeric=("price", "age"))).transform(test)
    peer = StandardScaler().fit(numbers(train)).transform(numbers(test))
    np.testing.assert_allclose(ours, peer, atol=1e-5)
    assert ours.dtype == np.float32


def test_quantile_scaling_equals_scikit_learn() -> None:
    train, test = part(0), part(1)
    fitted = Tabular(clip=0, scale="quantile").fit(train, Schema(numeric=("price", "age")))
    peer = QuantileTransformer(n_quantiles=N, output_distribution="normal", subsample=None)
    expected = peer.fit(numbers(train)).transform(numbers(test))
    np.testing.assert_allclose(fitted.transform(test), expected, atol=1e-5)


def test_onehot_equals_scikit_learn_and_ignores_the_unknown() -> None:
    train, test = part(0), part(1, 4, colour=["red", "purple", "blue", "green"])
    ours = Tabular().fit(train, Schema(categorical=("colour", "size"))).transform(test)
    peer = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    peer.fit(train.inputs.select("colour", "size").to_numpy())
    expected = peer.transform(test.inputs.select("colour", "size").to_numpy())
    np.testing.assert_array_equal(ours, expected)


def test_gaps_get_the_training_median_and_an_indicator() -> None:
    train = part(0, 4, price=[1.0, None, 3.0, float("inf")], age=[1.0, 2.0, 3.0, 4.0])
    test = part(0, 2, price=[None, 5.0], age=[None, 1.0])
    fitted = Tabular(scale="none", clip=0).fit(train, Schema(numeric=("price", "age")))
    assert fitted.names == ["price", "age", "price missing"]
    np.testing.assert_allclose(fitted.transform(test), [[2, 2.5, 1], [5, 1, 0]])


def test_extremes_are_clipped_to_training_quantiles() -> None:
    train = part(0, 101, price=list(np.arange(101.0)))
    fitted = Tabular(scale="none", clip=0.1).fit(train, Schema(numeric=("price",)))
    out = fitted.transform(part(0, 3, price=[-5.0, 50.0, 1e9]))
    np.testing.assert_allclose(out[:, 0], [10, 50, 90])


def test_a_constant_and_an_empty_column_are_harmless() -> None:
    train = part(0, 5, price=[7.0] * 5, age=pl.Series([None] * 5, dtype=pl.Float64).to_list())
    out = Tabular().fit(train, Schema(numeric=("price", "age"))).transform(train)
    assert np.isfinite(out).all()
    assert not out.any()


def test_ordinal_codes_start_at_one_and_unknown_is_zero() -> None:
    train = part(0)
    fitted = Tabular(categorical="ordinal").fit(train, Schema(categorical=("colour",)))
    test = part(0, 4, colour=["blue", "green", "red", "mauve"])
    np.testing.assert_array_equal(fitted.transform(test)[:, 0], [1, 2, 3, 0])
    assert fitted.ordinal.tolist() == [0]


def test_rare_categories_count_as_unknown() -> None:
    train = part(0, 4, colour=["red", "red", "red", "teal"])
    fitted = Tabular(min_rows=2).fit(train, Schema(categorical=("colour",)))
    assert fitted.names == ["colour=red"]


def test_a_missing_category_is_a_category() -> None:
    train = part(0, 3, colour=["red", None, "red"])
    fitted = Tabular().fit(train, Schema(categorical=("colour",)))
    assert fitted.names == ["colour=missing", "colour=red"]
    np.testing.assert_array_equal(fitted.transform(train), [[0, 1], [1, 0], [0, 1]])


def test_crosses_equal_a_naive_product() -> None:
    train = part(0)
    fitted = Tabular(crosses=(("colour", "size"),)).fit(
        train, Schema(categorical=("colour", "size"))
    )
    out = fitted.transform(train)
    naive = {(c, s) for c, s in train.inputs.select("colour", "size").iter_rows()}
    assert out.shape[1] == 6 + len(naive)
    assert (out[:, 6:].sum(axis=1) == 1).all()
    for i in range(10):
        same = (out[:, 6:] == out[i, 6:]).all(axis=1)
        pair = train.inputs.select("colour", "size").row(i)
        expected = [row == pair for row in train.inputs.select("colour", "size").iter_rows()]
        np.testing.assert_array_equal(same, expected)


def test_many_onehot_columns_come_sparse() -> None:
    train = part(0, 300, colour=[f"c{i}" for i in range(300)])
    X = Tabular().fit(train, SCHEMA).transform(train)
    assert sp.isspmatrix_csr(X)
    assert X.shape == (300, 2 + 300 + 3)


def target_part(rows: Rows, index: np.ndarray) -> np.ndarray:
    return rows.inputs.select("colour", "size").to_numpy()[index]


@pytest.mark.parametrize("kind", ["multiclass", "binary", "continuous"])
def test_target_encoding_equals_scikit_learn_on_new_rows(kind: str) -> None:
    train, test = part(0), part(1, 30, start=N)
    y = {"multiclass": train.y, "binary": np.minimum(train.y, 1), "continuous": train.y * 1.5}[kind]
    train = Rows(id=train.id, inputs=train.inputs, y=y, code=train.code, groups=train.groups)
    fitted = Tabular(categorical="target").fit(train, Schema(categorical=("colour", "size")))
    peer = TargetEncoder(target_type=kind, smooth=10.0)
    peer.fit(target_part(train, np.arange(N)), y)
    expected = peer.transform(target_part(test, np.arange(30)))
    np.testing.assert_allclose(fitted.transform(test), expected, atol=1e-6)
    assert fitted.transform(test).shape[1] == len(fitted.names)


def test_a_training_row_does_not_see_its_own_label() -> None:
    train = part(0)
    schema = Schema(categorical=("colour", "size"))
    out = Tabular(categorical="target").fit(train, schema).transform(train)
    for row in (0, 17, 64):
        y = train.y.copy()
        y[row] = (y[row] + 1) % 3
        changed = Rows(id=train.id, inputs=train.inputs, y=y, code=y, groups=train.groups)
        other = Tabular(categorical="target").fit(changed, schema).transform(changed)
        np.testing.assert_array_equal(other[row], out[row])
        assert not np.array_equal(other, out)


def test_training_rows_keep_their_out_of_fold_values_in_any_order() -> None:
    train = part(0)
    fitted = Tabular(categorical="target").fit(train, Schema(categorical=("colour", "size")))
    some = np.array([5, 3, 90])
    np.testing.assert_array_equal(fitted.transform(train.take(some)), fitted.transform(train)[some])


def test_target_encoding_cannot_memorise_a_unique_id() -> None:
    rng = np.random.default_rng(0)
    train = part(0, 200, colour=[f"id{i}" for i in range(200)])
    y = rng.integers(0, 2, 200)
    train = Rows(id=train.id, inputs=train.inputs, y=y, code=y, groups=train.groups)
    fitted = Tabular(categorical="target").fit(train, Schema(categorical=("colour",)))
    out = fitted.transform(train)[:, 0]
    assert max(out[y == 0]) - min(out[y == 1]) < 0.2
    assert abs(out[y == 1].mean() - out[y == 0].mean()) < 0.1


def test_selection_keeps_the_informative_column() -> None:
    train = part(0)
    inputs = train.inputs.with_columns(age=pl.Series(train.y.astype(float)))
    train = Rows(id=train.id, inputs=inputs, y=train.y, code=train.code, groups=train.groups)
    fitted = Tabular(select=1).fit(train, SCHEMA)
    assert fitted.reduced is not None
    assert [fitted.names[i] for i in fitted.reduced.kept] == ["age"]


def test_pca_spans_what_scikit_learn_spans() -> None:
    train, test = part(0), part(1)
    plain = Tabular().fit(train, SCHEMA)
    ours = Tabular(reduce="pca", components=3).fit(train, SCHEMA).transform(test)
    peer = PCA(3, svd_solver="full").fit(plain.transform(train)).transform(plain.transform(test))
    np.testing.assert_allclose(np.abs(ours), np.abs(peer), atol=1e-4)


def test_lda_equals_scikit_learn() -> None:
    train, test = part(0), part(1)
    schema = Schema(numeric=("price", "age"))
    plain = Tabular().fit(train, schema)
    ours = Tabular(reduce="lda", components=9).fit(train, schema).transform(test)
    peer = LinearDiscriminantAnalysis(n_components=2).fit(plain.transform(train), train.y)
    np.testing.assert_allclose(ours, peer.transform(plain.transform(test)), atol=1e-4)


@pytest.mark.parametrize(
    "features",
    [
        Tabular(),
        Tabular(scale="quantile", categorical="ordinal"),
        Tabular(categorical="target", select=4),
        Tabular(reduce="pca", components=2),
        Tabular(reduce="lda"),
    ],
    ids=str,
)
def test_a_row_gets_the_same_features_whatever_other_test_rows_hold(features: Tabular) -> None:
    train, test = part(0), part(1, 20, start=N)
    wild = test.inputs.with_columns(price=pl.lit(1e12), colour=pl.lit("new"))
    shifted = Rows(
        id=test.id + 999,
        inputs=pl.concat([test.inputs[:1], wild[1:]]),
        y=2 - test.y,
        code=2 - test.code,
        groups=test.groups,
    )
    fitted = features.fit(train, SCHEMA)
    first = fitted.transform(test)[0]
    np.testing.assert_allclose(fitted.transform(shifted)[0], first, atol=1e-6)


def test_several_labels_are_not_applicable_to_what_reads_one() -> None:
    train = part(0)
    several = Rows(
        id=train.id, inputs=train.inputs, y=np.eye(3)[train.y], code=train.code, groups=train.groups
    )
    with pytest.raises(NotApplicable, match="one label per row"):
        Tabular(categorical="target").fit(several, SCHEMA)
    assert len(Tabular().fit(several, SCHEMA).transform(several)) == N


def test_wrong_arguments_are_refused() -> None:
    for wrong in ({"scale": "minmax"}, {"categorical": "hash"}, {"clip": 0.5}, {"select": 0}):
        with pytest.raises(InputError):
            Tabular(**wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="cross"):
        Tabular(crosses=(("colour", "price"),)).fit(part(0), SCHEMA)
    with pytest.raises(NotApplicable, match="name none"):
        Tabular().fit(part(0), Schema(text=("colour",)))
