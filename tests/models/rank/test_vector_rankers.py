"""iALS and BPR against the library they use, item2vec against dense algebra."""

import numpy as np
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.bpr import BayesianPersonalizedRanking
from scipy import sparse as sp
from threadpoolctl import threadpool_limits

from longshelf.components import build, show
from longshelf.errors import InputError, NotApplicable
from longshelf.models import ImplicitAls, ImplicitBpr, Item2Vec
from longshelf.strategies import Strategy
from longshelf.strategies.weight.inverse_frequency import InverseFrequency


class Heavy(Strategy):
    """Rows of item 5 weigh ten times those of others."""

    def weigh(self, rows, targets):
        weights = np.where(rows.code == 5, 10.0, 1.0)
        return weights / weights.mean()


def seed_of(seed=0):
    return int(np.random.default_rng(seed).integers(2**31))


def test_ials_is_the_librarys(world):
    with threadpool_limits(1, "blas"):
        peer = AlternatingLeastSquares(
            factors=8, regularization=0.1, alpha=5.0, iterations=10, num_threads=1,
            random_state=seed_of(),
        )  # fmt: skip
        peer.fit(sp.csr_matrix(world.matrix, dtype=np.float32), show_progress=False)
    fitted = world.fit(ImplicitAls(width=8, l2=0.1, alpha=5.0, rounds=10))
    expected = peer.user_factors @ peer.item_factors.T
    np.testing.assert_allclose(
        fitted.scores(world.everyone)[1:], expected[1:], rtol=1e-4, atol=1e-5
    )
    assert fitted.head.weight.shape == (25, 8)


def test_ials_solves_its_normal_equations(world):
    alpha, l2 = 5.0, 0.1
    weights = Heavy().weigh(world.rows, world.targets)
    fitted = world.fit(ImplicitAls(width=4, l2=l2, alpha=alpha, rounds=300), Heavy())
    confidence = np.ones(world.matrix.shape)
    confidence[world.X[:, 0], world.rows.code] = alpha * weights
    users = fitted.sources.astype(float)
    for item in (0, 5, 9):
        c = confidence[:, item]
        left = (users * c[:, None]).T @ users + l2 * np.eye(4)
        solved = np.linalg.solve(left, users.T @ (c * world.matrix[:, item]))
        np.testing.assert_allclose(fitted.items[item], solved, atol=2e-2)


def test_bpr_is_the_librarys(world):
    with threadpool_limits(1, "blas"):
        peer = BayesianPersonalizedRanking(
            factors=8, learning_rate=0.05, regularization=0.01, iterations=20, num_threads=1,
            random_state=seed_of(),
        )  # fmt: skip
        peer.fit(sp.csr_matrix(world.matrix, dtype=np.float32), show_progress=False)
    fitted = world.fit(ImplicitBpr(width=8, rounds=20))
    expected = peer.user_factors @ peer.item_factors.T
    np.testing.assert_array_equal(fitted.scores(world.everyone)[1:], expected[1:])


def test_bpr_has_no_place_for_weights(world):
    with pytest.raises(NotApplicable, match="weigh"):
        ImplicitBpr().check(InverseFrequency(), world.targets)


@pytest.mark.parametrize("model", [ImplicitAls(width=4), ImplicitBpr(width=4, rounds=30)])
def test_factorisations_find_the_tastes(world, model):
    scores = world.fit(model).scores(world.everyone)[1:]
    had = world.matrix[1:] > 0
    assert scores[had].mean() > scores[~had].mean() + 0.2


@pytest.mark.parametrize(("negatives", "smooth"), [(1.0, 1.0), (2.0, 0.75)])
def test_item2vec_equals_dense_algebra(world, negatives, smooth):
    x = world.matrix
    counts = x.T @ x
    np.fill_diagonal(counts, 0)
    each = counts.sum(axis=1)
    context = each**smooth * (each > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shared = np.log(counts * context.sum() / (each[:, None] * context * negatives))
    shared = np.where(np.isfinite(shared), np.maximum(shared, 0), 0)
    left, values, _ = np.linalg.svd(shared)
    vectors = left[:, :6] * np.sqrt(values[:6])
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    mean = x @ vectors / np.maximum(x.sum(axis=1, keepdims=True), 1)
    fitted = world.fit(Item2Vec(width=6, negatives=negatives, smooth=smooth))
    expected = (mean @ vectors.T)[1:, :24]
    np.testing.assert_allclose(fitted.scores(world.everyone)[1:, :24], expected, atol=0.03)
    assert show(Item2Vec()) == "item2vec"
    assert build("model", "item2vec(width=6)").width == 6


@pytest.mark.parametrize(
    "spec",
    ["implicit_als(width=0)", "implicit_als(alpha=0)", "implicit_bpr(rate=0)",
     "implicit_bpr(rounds=0)", "item2vec(width=0)", "item2vec(smooth=2)"],
)  # fmt: skip
def test_impossible_arguments_of_vector_rankers_are_refused(spec):
    with pytest.raises(InputError, match="got"):
        build("model", spec)
