"""The matrix memory-based rankers learn from."""

import numpy as np
import pytest
import scipy.sparse as sp

from longshelf.errors import NotApplicable
from longshelf.models.rank.nearest import strongest, unit_columns, unit_rows
from longshelf.models.rank.profiles import profiles_of
from longshelf.strategies import Strategy
from longshelf.tables import Targets


class Doubling(Strategy):
    """Rows of item 1 weigh twice those of others."""

    def weigh(self, rows, targets):
        weights = np.where(rows.code == 1, 2.0, 1.0)
        return weights / weights.mean()


def build(rows, X=None, items=3, strategy=None, **how):
    X = (rows.source + 1)[:, None] if X is None else X
    targets = Targets(names=np.arange(items).astype(str), kind="item").observed(rows)
    return profiles_of(X, rows, targets, strategy or Strategy(), "model", **how)


def test_a_pair_counts_once_unless_repeats_add_up_or_a_resampler_repeats_the_row(make_rows):
    rows = make_rows([1, 1, 2, 2], [0, 0, 0, 1])
    assert build(rows).matrix.toarray().tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0]]
    assert build(rows, repeats=True).matrix.toarray()[1, 0] == 2
    resampled = rows.take(np.array([0, 1, 2, 3, 3, 3]))
    assert build(resampled).matrix.toarray().tolist() == [[0, 0, 0], [1, 0, 0], [1, 3, 0]]


def test_values_are_row_weights_and_popularity_is_weighted(make_rows):
    rows = make_rows([1, 2, 2, 3], [0, 0, 1, 2])
    found = build(rows, strategy=Doubling())
    np.testing.assert_allclose(found.matrix[2].toarray()[0], [0.8, 1.6, 0])
    np.testing.assert_allclose(np.exp(found.popular), [0.4, 0.4, 0.2], rtol=1e-6)


def test_unknown_sources_are_empty_and_filled_with_the_popular(make_rows):
    found = build(make_rows([1, 2, 2], [0, 0, 1]))
    profiles = found.of(np.array([[0], [99], [2]]))
    assert np.diff(profiles.indptr).tolist() == [0, 0, 2]
    filled = found.fill(np.zeros((3, 3)), profiles)
    np.testing.assert_allclose(np.exp(filled[0]), [2 / 3, 1 / 3, 0], atol=1e-6)
    assert filled[1].tolist() == filled[0].tolist()
    assert filled[2].tolist() == [0, 0, 0]


def test_histories_are_profiles_of_their_items(make_rows):
    rows = make_rows([1, 1, 2], [0, 2, 1])
    found = build(rows, X=np.array([[0, 0], [0, 1], [0, 0]]))
    assert found.matrix.toarray().tolist() == [[0, 0, 0], [1, 0, 1], [0, 1, 0]]
    assert found.of(np.array([[0, 0], [3, 3], [1, 3]])).toarray().tolist() == [
        [0, 0, 0], [0, 0, 1], [1, 0, 1],
    ]  # fmt: skip


def test_vectors_are_refused(make_rows):
    rows = make_rows([1, 2], [0, 1])
    for X in (np.ones((2, 3), np.float32), sp.csr_matrix(np.ones((2, 1)))):
        with pytest.raises(NotApplicable, match="features: ids"):
            build(rows, X=X)


@pytest.mark.parametrize("k", [1, 3, 7, 50])
def test_strongest_keeps_what_a_sort_would(k):
    draw = np.random.default_rng(0)
    dense = np.round(draw.normal(size=(30, 40)), 1) * (draw.random((30, 40)) < 0.4)
    dense[5] = 0
    expected = np.zeros_like(dense)
    for row, values in enumerate(dense):
        for column in np.lexsort((np.arange(40), -values))[:k]:
            if values[column] > 0:
                expected[row, column] = values[column]
    np.testing.assert_array_equal(strongest(sp.csr_matrix(dense), k).toarray(), expected)


def test_unit_lengths_leave_empty_ones_empty():
    matrix = sp.csr_matrix(np.array([[3.0, 4.0], [0, 0]]))
    np.testing.assert_allclose(unit_rows(matrix).toarray(), [[0.6, 0.8], [0, 0]], rtol=1e-6)
    np.testing.assert_allclose(unit_columns(matrix).toarray(), [[1, 1], [0, 0]], rtol=1e-6)
