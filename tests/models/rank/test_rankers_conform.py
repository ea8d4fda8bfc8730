"""What every classic ranker owes: shapes, the same bytes, the popular for strangers, remedies felt."""

import numpy as np
import pytest
import scipy.sparse as sp

from longshelf import models
from longshelf.errors import NotApplicable
from longshelf.strategies import Strategy
from longshelf.tables import Resampled

BY_ID = [
    models.RecentlyPopular(),
    models.SegmentPopular(),
    models.OwnFrequent(),
    models.UserKnn(neighbours=10),
    models.ItemKnn(neighbours=10),
    models.Ease(l2=10.0),
    models.Slim(l1=0.1, l2=2.0),
    models.ImplicitAls(width=6),
    models.ImplicitBpr(width=6, rounds=20),
    models.Item2Vec(width=6),
    models.TextItemKnn(encoder="tf_idf"),
    models.Bm25(),
    models.Hybrid(models=("item_knn", "most_popular")),
    models.ReRanker(depth=10, trees=5),
]
PERSONAL = [m for m in BY_ID if type(m).__name__ not in ("RecentlyPopular", "SegmentPopular")]


def named(model):
    return type(model).__name__


class Heavy(Strategy):
    """Rows of items 2 and 5 count fifty times those of others."""

    def weigh(self, rows, targets):
        weights = np.where(np.isin(rows.code, [2, 5]), 50.0, 1.0)
        return weights / weights.mean()


@pytest.mark.parametrize("model", BY_ID, ids=named)
def test_scores_are_finite_and_equal_for_the_same_seed(world, model):
    first, second = (world.fit(model) for _ in range(2))
    scores = first.scores(world.everyone)
    assert scores.shape == (41, 25)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    assert scores.tobytes() == second.scores(world.everyone).tobytes()
    assert first.parameters > 0


@pytest.mark.parametrize("model", BY_ID, ids=named)
def test_lists_follow_the_scores_and_leave_out_what_was_seen(world, model):
    fitted = world.fit(model)
    seen = sp.csr_matrix(world.matrix)
    lists = fitted.rank(world.everyone, 6, seen)
    listed = lists.ids >= 0
    assert not (world.matrix[np.arange(41)[:, None], lists.ids] * listed).any()
    assert (np.diff(lists.scores, axis=1)[listed[:, 1:]] <= 1e-5).all()
    if named(model) not in ("Hybrid", "ReRanker"):
        left = np.where(world.matrix > 0, -np.inf, fitted.scores(world.everyone))
        best = np.sort(left, axis=1)[:, ::-1][:, :6]
        np.testing.assert_allclose(lists.scores[listed], best[listed], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "model", [m for m in PERSONAL if named(m) not in ("Hybrid", "ReRanker")], ids=named
)
def test_strangers_get_the_popular_order(world, model):
    fitted = world.fit(model)
    popular = world.targets.natural
    for stranger in ([0], [999]):
        scores = fitted.scores(np.array([stranger]))[0]
        assert np.argmax(scores) == np.argmax(popular)
        order = np.argsort(-scores, kind="stable")
        assert (np.diff(popular[order]) <= 0).all()
        assert (
            popular[fitted.rank(np.array([stranger]), 3).ids[0]].tolist()
            == sorted(popular.tolist(), reverse=True)[:3]
        )


@pytest.mark.parametrize("model", BY_ID, ids=named)
def test_row_weights_are_felt_or_refused(world, model):
    if "weigh" not in model.honours:
        with pytest.raises(NotApplicable, match="weigh"):
            model.check(Heavy(), world.targets)
        return
    plain = world.fit(model).scores(world.everyone)
    heavy = world.fit(model, Heavy()).scores(world.everyone)
    assert not np.array_equal(plain, heavy)


@pytest.mark.parametrize("model", BY_ID, ids=named)
def test_rows_left_out_by_a_resampler_are_not_learned_from(world, model):
    if "resample" not in model.honours:
        return
    kept = np.flatnonzero(world.rows.code != 3)
    X, rows = Resampled(kept).apply(world.X, world.rows)
    assert 3 not in rows.code
    fewer = world.fit(model, X=X, rows=rows).scores(world.everyone)
    assert not np.array_equal(fewer, world.fit(model).scores(world.everyone))


@pytest.mark.parametrize("model", [models.ImplicitAls(), models.ImplicitBpr()], ids=named)
def test_factorisations_refuse_histories(world, model):
    with pytest.raises(NotApplicable, match="features: ids"):
        world.fit(model, X=np.zeros((len(world.rows), 5), np.int64))
