"""Popular of late, popular in the segment, one's own most frequent: hand-worked."""

import numpy as np
import pytest
import scipy.sparse as sp

from longshelf.components import build
from longshelf.errors import InputError, NotApplicable
from longshelf.models import OwnFrequent, RecentlyPopular, SegmentPopular
from longshelf.strategies import Strategy
from longshelf.strategies.resample.random_over import RandomOver
from longshelf.tables import Targets, Valid


def fit(model, X, rows, items, strategy=None):
    targets = Targets(names=np.arange(items).astype(str), kind="item").observed(rows)
    valid = Valid(X=X[:0], rows=rows.take(np.arange(0)))
    return model.fit(X, rows, valid, targets, strategy or Strategy(), np.random.default_rng(0))


class Third(Strategy):
    """Rows of item 2 weigh four times those of others."""

    def weigh(self, rows, targets):
        weights = np.where(rows.code == 2, 4.0, 1.0)
        return weights / weights.mean()


def test_late_rows_count_more(make_rows):
    rows = make_rows([1, 1, 1, 1], [0, 0, 1, 2])
    X = np.ones((4, 1), np.int64)
    share = np.exp(fit(RecentlyPopular(half_life=0.25), X, rows, 3).scores(X[:1])[0])
    np.testing.assert_allclose(share, np.array([1 / 8 + 1 / 4, 1 / 2, 1]) / 1.875, rtol=1e-5)
    half = fit(RecentlyPopular(half_life=1e9, window=0.5), X, rows, 3).scores(X[:1])[0]
    np.testing.assert_allclose(np.exp(half), [0, 0.5, 0.5], atol=1e-6)
    heavy = fit(RecentlyPopular(half_life=1e9), X, rows, 3, Third()).scores(X[:1])[0]
    np.testing.assert_allclose(np.exp(heavy), [2 / 7, 1 / 7, 4 / 7], atol=1e-6)


def test_repeated_rows_have_no_place_in_time(make_rows):
    targets = Targets(names=np.array(["a"]), kind="item")
    with pytest.raises(NotApplicable, match="resample"):
        RecentlyPopular().check(RandomOver(), targets)


@pytest.mark.parametrize("layout", [np.asarray, sp.csr_matrix])
def test_shares_of_the_segment_are_drawn_towards_everyones(make_rows, layout):
    rows = make_rows([1, 2, 3, 4, 5, 6], [0, 0, 1, 2, 2, 2])
    X = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1]], dtype=np.float32)
    fitted = fit(SegmentPopular(prior=3.0), layout(X), rows, 3)
    asked = layout(np.array([[1, 0], [0, 1], [5, 5]], dtype=np.float32))
    everyone = np.array([2, 1, 3]) / 6
    expected = [
        (np.array([2, 1, 0]) + 3 * everyone) / 6,
        (np.array([0, 0, 3]) + 3 * everyone) / 6,
        everyone,
    ]
    np.testing.assert_allclose(fitted.scores(asked), expected, rtol=1e-6)
    assert fitted.rank(asked, 1).ids.ravel().tolist() == [0, 2, 2]


def test_own_most_frequent_first_then_the_popular(make_rows):
    rows = make_rows([1, 1, 1, 2, 2, 3], [3, 3, 0, 1, 1, 1])
    X = np.array([1, 1, 1, 2, 2, 3])[:, None]
    fitted = fit(OwnFrequent(), X, rows, 4)
    lists = fitted.rank(np.array([[1], [2], [0]]), 4).ids
    assert lists[0].tolist() == [3, 0, 1, 2]
    assert lists[1, :2].tolist() == [1, 3]
    assert lists[2, :2].tolist() == [1, 3]


@pytest.mark.parametrize(
    "spec",
    ["recently_popular(half_life=0)", "recently_popular(window=0)", "segment_popular(prior=0)"],
)
def test_impossible_arguments_of_popularity_rankers_are_refused(spec):
    with pytest.raises(InputError, match="got"):
        build("model", spec)
