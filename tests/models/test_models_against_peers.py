"""Models against scikit-learn, LightGBM and plain NumPy, called directly."""

import lightgbm
import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid as SkCentroid

from longshelf.models import (
    LastValue,
    LightGbm,
    Linear,
    Logistic,
    MatrixFactorisation,
    Mean,
    Median,
    MostPopular,
    NearestCentroid,
    RandomRanking,
)
from longshelf.models.rank.top import top
from longshelf.strategies import Focal, LogitAdjusted, Strategy
from longshelf.tables import Rows, Targets, Valid


def rows_of(y, code=None, weight=None):
    n = len(y)
    return Rows(
        id=np.arange(n), inputs=pl.DataFrame({"t": ["x"] * n}), y=y,
        code=y if code is None else code, groups=pl.DataFrame({"g": ["a"] * n}), weight=weight,
    )  # fmt: skip


def fit(model, X, rows, targets, strategy=None):
    rng = np.random.default_rng(0)
    return model.fit(X, rows, Valid(X=X, rows=rows), targets, strategy or Strategy(), rng)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix])
def test_logistic_finds_scikit_learns_optimum(classes, layout):
    draw = np.random.default_rng(0)
    base = (draw.random((150, 12)) * (draw.random((150, 12)) < 0.4)).astype(np.float32)
    X = np.vstack([base, base[:50]])
    y = np.append(draw.integers(0, classes, 150), draw.integers(0, classes, 50))
    weight = draw.random(200) + 0.5
    weight /= weight.mean()
    rows = rows_of(y, weight=weight)
    targets = Targets(names=np.arange(classes).astype(str)).observed(rows)
    ours = fit(Logistic(C=3.0, tolerance=1e-6), layout(X), rows, targets).scores(layout(X))
    peer = LogisticRegression(C=3.0, tol=1e-8, max_iter=5000).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(softmax(ours), peer.predict_proba(X), atol=1e-3)


def test_nearest_centroid_decides_as_scikit_learn():
    draw = np.random.default_rng(0)
    X, y = draw.normal(size=(90, 4)).astype(np.float32), np.arange(90) % 3
    rows = rows_of(y)
    targets = Targets(names=np.array(["a", "b", "c"])).observed(rows)
    ours = fit(NearestCentroid(), X, rows, targets).scores(X).argmax(axis=1)
    assert (ours == SkCentroid().fit(X, y).predict(X)).all()


def test_light_gbm_equals_lightgbm_called_directly():
    draw = np.random.default_rng(0)
    X = draw.normal(size=(300, 4))
    y = (X[:, 0] + 0.3 * draw.normal(size=300) > 0).astype(np.int64)
    rows = rows_of(y)
    targets = Targets(names=np.array(["a", "b"])).observed(rows)
    ours = fit(LightGbm(trees=12, patience=0), X, rows, targets).scores(X)
    settings = {
        "objective": "binary", "min_data_in_leaf": 5, "verbosity": -1, "num_threads": 1,
        "seed": int(np.random.default_rng(0).integers(2**31)), "deterministic": True,
        "force_row_wise": True,
    }  # fmt: skip
    peer = lightgbm.train(settings, lightgbm.Dataset(X, y), 12)
    np.testing.assert_allclose(softmax(ours.astype(float))[:, 1], peer.predict(X), atol=1e-6)


def test_light_gbm_predicts_values():
    draw = np.random.default_rng(0)
    X = draw.normal(size=(300, 2))
    rows = rows_of(3 * X[:, 0], code=np.zeros(300, dtype=int))
    scores = fit(LightGbm(), X, rows, Targets(names=np.array(["all"]), kind="value")).scores(X)
    assert scores.shape == (300, 1)
    assert np.corrcoef(scores[:, 0], rows.y)[0, 1] > 0.99


def test_trivial_values_are_numpys():
    y = np.array([1.0, 2, 3, 10, 4])
    X = np.arange(10.0).reshape(5, 2)
    rows = rows_of(y, code=np.zeros(5, dtype=int))
    targets = Targets(names=np.array(["all"]), kind="value")
    assert fit(Mean(), X, rows, targets).scores(X)[0, 0] == np.mean(y)
    assert fit(Median(), X, rows, targets).scores(X)[0, 0] == np.median(y)
    assert fit(LastValue(), X, rows, targets).scores(X)[:, 0].tolist() == [1, 3, 5, 7, 9]


@pytest.mark.parametrize("strategy", [Focal(), LogitAdjusted(tau=2.0)])
def test_learning_hooks_change_what_the_linear_model_learns(strategy):
    draw = np.random.default_rng(0)
    y = (draw.random(300) < 0.1).astype(np.int64)
    X = (draw.normal(size=(300, 3)) + y[:, None]).astype(np.float32)
    rows = rows_of(y)
    targets = Targets(names=np.array(["a", "b"])).observed(rows)
    plain, other = (fit(Linear(), X, rows, targets, s).scores(X) for s in (Strategy(), strategy))
    assert np.abs(plain - other).max() > 0.05


def test_top_equals_a_full_sort_with_seen_masked():
    draw = np.random.default_rng(0)
    scores = draw.integers(0, 6, size=(40, 30)).astype(float)
    seen = sp.csr_matrix(draw.random((40, 30)) < 0.2)
    ranking = top(lambda X: X, scores, 7, seen, block=16)
    for row in range(40):
        allowed = [c for c in range(30) if not seen[row, c]]
        expected = sorted(scores[row, allowed], reverse=True)[:7]
        assert ranking.scores[row].tolist() == scores[row, ranking.ids[row]].tolist() == expected
        assert set(ranking.ids[row].tolist()) <= set(allowed)


def test_short_lists_are_padded():
    ranking = top(lambda X: X, np.ones((1, 3)), 3, sp.csr_matrix([[1, 0, 1]]))
    assert ranking.ids.tolist() == [[1, -1, -1]]


def interactions():
    draw = np.random.default_rng(0)
    users = np.repeat(np.arange(40), 10)
    items = (users % 2) * 10 + draw.integers(0, 10, 400)
    rows = rows_of(items)
    targets = Targets(names=np.arange(20).astype(str), kind="item").observed(rows)
    return users[:, None], rows, targets


def test_matrix_factorisation_finds_two_tastes_and_skips_what_was_seen():
    X, rows, targets = interactions()
    fitted = fit(MatrixFactorisation(width=8, batch=64), X, rows, targets)
    seen = sp.csr_matrix((np.ones(3), (np.arange(3), [0, 10, 1])), shape=(3, 20))
    ranking = fitted.rank(np.arange(3)[:, None], 5, seen)
    assert (ranking.ids // 10 == np.array([[0], [1], [0]])).all()
    assert not (ranking.ids == np.array([[0], [10], [1]])).any()
    assert np.isfinite(fitted.scores(np.array([[10**6]]))).all()


def test_popularity_and_chance_rank():
    X, rows, targets = interactions()
    popular = fit(MostPopular(), X, rows, targets).rank(X[:3], 4)
    assert targets.natural[popular.ids[0]].tolist() == np.sort(targets.natural)[::-1][:4].tolist()
    chance = fit(RandomRanking(), X, rows, targets)
    first, again = chance.rank(X[::10], 4), chance.rank(X[::10], 4)
    assert (first.ids == again.ids).all()
    assert len(np.unique(first.ids)) == 20
