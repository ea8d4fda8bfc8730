"""User-kNN, item-kNN, EASE and SLIM against dense loops, closed forms and scikit-learn."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import ElasticNet

from longshelf.components import build
from longshelf.errors import InputError, NotApplicable
from longshelf.models import Ease, ItemKnn, Slim, UserKnn


def cosine(matrix):
    lengths = np.linalg.norm(matrix, axis=1)
    lengths[lengths == 0] = 1
    unit = matrix / lengths[:, None]
    return unit @ unit.T


def nearest(similar, k):
    """Per row the k largest above 0, earlier columns first among equals."""
    kept = np.zeros_like(similar)
    for row, values in enumerate(similar):
        for column in np.lexsort((np.arange(len(values)), -np.float32(values)))[:k]:
            kept[row, column] = max(values[column], 0)
    return kept


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("shrink", [0.0, 5.0])
def test_item_knn_equals_a_dense_loop(world, normalise, centre, shrink):
    x = world.matrix
    similar = cosine(x.T)
    np.fill_diagonal(similar, 0)
    shared = x.T @ x
    similar = similar * shared / np.maximum(shared + shrink, 1e-12)
    similar = nearest(similar, 6)
    if normalise:
        similar /= np.maximum(similar.sum(axis=1, keepdims=True), 1e-12)
    mean = x[1:].mean(axis=0) if centre else np.zeros(25)
    expected = (x - mean) @ similar.T + mean
    model = ItemKnn(neighbours=6, shrink=shrink, normalise=normalise, centre=centre)
    found = world.fit(model).scores(world.everyone)
    np.testing.assert_allclose(found[1:], expected[1:], atol=1e-5)


def test_item_knn_in_several_blocks_is_the_same(world, monkeypatch):
    whole = world.fit(ItemKnn(neighbours=6)).scores(world.everyone)
    monkeypatch.setattr("longshelf.models.rank.item_knn.BLOCK", 7)
    np.testing.assert_array_equal(world.fit(ItemKnn(neighbours=6)).scores(world.everyone), whole)


def test_user_knn_equals_a_dense_loop(world):
    x = world.matrix
    similar = cosine(x)
    np.fill_diagonal(similar, 0)
    expected = nearest(similar, 5) @ x
    found = world.fit(UserKnn(neighbours=5)).scores(world.everyone)
    np.testing.assert_allclose(found[1:], expected[1:], atol=1e-5)


@pytest.mark.parametrize("l2", [0.5, 80.0])
def test_ease_equals_its_closed_form_and_solves_each_ridge_regression(world, l2):
    x = world.matrix
    inverse = np.linalg.inv(x.T @ x + l2 * np.eye(25))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    found = world.fit(Ease(l2=l2)).scores(world.everyone)
    np.testing.assert_allclose(found[1:], (x @ weights)[1:], atol=1e-4)
    others = np.delete(np.arange(25), 4)
    ridge = np.linalg.solve(
        x[:, others].T @ x[:, others] + l2 * np.eye(24), x[:, others].T @ x[:, 4]
    )
    np.testing.assert_allclose(found[1:, 4], (x[:, others] @ ridge)[1:], atol=1e-4)


def test_ease_in_several_blocks_is_the_same(world, monkeypatch):
    whole = world.fit(Ease()).scores(world.everyone)
    for rows in (1, 7, 12):
        monkeypatch.setattr("longshelf.models.rank.ease.BLOCK", rows)
        found = world.fit(Ease()).scores(world.everyone)
        np.testing.assert_allclose(found, whole, rtol=1e-4, atol=1e-6)


def test_ease_says_what_it_would_need(world):
    with pytest.raises(NotApplicable, match=r"25 items.*item_knn or slim"):
        world.fit(Ease(gigabytes=1e-7))


@pytest.mark.parametrize("l1", [0.05, 0.5, 2.0])
def test_slim_equals_scikit_learn(world, l1):
    x, l2, n = world.matrix[1:], 3.0, len(world.matrix) - 1
    expected = np.zeros((25, 25))
    for item in range(25):
        others = np.delete(np.arange(25), item)
        share = l1 / (l1 + l2)
        net = ElasticNet(
            alpha=(l1 + l2) / n, l1_ratio=share, fit_intercept=False, positive=True,
            tol=1e-10, max_iter=100_000,
        )  # fmt: skip
        expected[item, others] = net.fit(x[:, others], x[:, item]).coef_
    model = Slim(l1=l1, l2=l2, candidates=None, tolerance=1e-7, sweeps=5000)
    fitted = world.fit(model)
    np.testing.assert_allclose(fitted.weights.toarray(), expected.T, atol=2e-5)
    np.testing.assert_allclose(fitted.scores(world.everyone)[1:], x @ expected.T, atol=2e-4)


def test_slim_admits_what_breaks_optimality_and_only_candidates_where_told(world, monkeypatch):
    exact = Slim(l1=0.1, l2=1.0, candidates=None, tolerance=1e-7, sweeps=5000)
    whole = world.fit(exact).weights.toarray()
    monkeypatch.setattr("longshelf.models.rank.slim.START", 2)
    np.testing.assert_allclose(world.fit(exact).weights.toarray(), whole, atol=1e-5)
    few = world.fit(Slim(l1=0.1, l2=1.0, candidates=2)).weights
    assert few.getnnz(axis=0).max() == 2
    assert np.count_nonzero(whole, axis=0).max() > 2


@pytest.mark.parametrize("model", [ItemKnn(), UserKnn(), Ease(), Slim()])
def test_a_history_scores_like_the_user_who_had_it(world, model):
    history = np.zeros((len(world.matrix), 20), np.int64)
    for user, had in enumerate(world.matrix):
        items = np.flatnonzero(had) + 1
        history[user, 20 - len(items) :] = items
    by_id = world.fit(model).scores(world.everyone)
    by_history = world.fit(model, X=history[world.rows.source + 1]).scores(history)
    if isinstance(model, UserKnn):
        own = (world.matrix > 0) * 1.0
        by_history = by_history - own
    np.testing.assert_allclose(by_history[1:], by_id[1:], atol=1e-4)


@pytest.mark.parametrize(
    "spec",
    ["item_knn(neighbours=0)", "item_knn(shrink=-1)", "user_knn(neighbours=0)", "ease(l2=0)",
     "slim(l1=-1)", "slim(l2=0)", "slim(candidates=0)", "slim(sweeps=0)"],
)  # fmt: skip
def test_impossible_arguments_of_neighbour_rankers_are_refused(spec):
    with pytest.raises(InputError, match="got"):
        build("model", spec)


def test_scores_stay_sparse_inside(world):
    assert sp.issparse(world.fit(Slim()).weights)
    assert sp.issparse(world.fit(ItemKnn()).similar)
