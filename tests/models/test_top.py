"""The best k, exact under masks and ties, whichever way the scores come about."""

import numpy as np
import pytest
import scipy.sparse as sp

import longshelf.models.rank.best as best
import longshelf.models.rank.top as module
from longshelf.errors import InputError
from longshelf.models.rank.top import top, top_factors
from longshelf.tables.ties import source_keys, tie_rank


def wanted(scores, k, seen=None, sources=None, seed=0):
    """A full sort of every row."""
    scores = np.array(scores, dtype=np.float32)
    if seen is not None:
        scores[seen.nonzero()] = -np.inf
    n, size = scores.shape
    who = np.arange(n) if sources is None else sources
    tie = tie_rank(source_keys(who, seed)[:, None], np.arange(size)[None])
    order = np.lexsort((tie, -scores), axis=1)[:, :k]
    return np.where(np.isneginf(np.take_along_axis(scores, order, axis=1)), -1, order)


@pytest.mark.parametrize(
    ("n", "size", "width", "k"), [(1, 1, 1, 1), (5, 7, 2, 10), (50, 300, 4, 10), (300, 5000, 8, 20)]
)
@pytest.mark.parametrize("crowd", [2, 4])
def test_both_ways_are_a_full_sort_with_masks_bias_and_ties(n, size, width, k, crowd, monkeypatch):
    monkeypatch.setattr(best, "CROWD", crowd)
    monkeypatch.setattr(module, "WIDE", 512)
    rng = np.random.default_rng(0)
    U = rng.integers(-2, 3, (n, width)).astype(np.float32)
    V = rng.integers(-2, 3, (size, width)).astype(np.float32)
    bias = rng.integers(0, 2, size)
    seen = sp.random(n, size, 0.2, format="csr", random_state=1)
    right = wanted(U @ V.T + bias, k, seen)
    dense = top(lambda X: X @ V.T + bias, U, k, seen)
    fast = top_factors(U, V, bias, k, seen)
    assert np.array_equal(dense.ids, right)
    assert np.array_equal(fast.ids, right)
    assert np.array_equal(dense.scores, fast.scores)


def test_blocks_of_sources_change_nothing():
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 9, (70, 40)).astype(np.float32)
    whole, parts = (
        top(lambda X: scores[X[:, 0]], np.arange(70)[:, None], 6, block=b) for b in (70, 9)
    )
    assert np.array_equal(whole.ids, parts.ids)


def test_scores_given_are_left_as_they_are():
    scores = np.ones((3, 5), dtype=np.float32)
    top(lambda X: scores, np.zeros((3, 1)), 2, sp.csr_matrix(np.eye(3, 5)))
    assert (scores == 1).all()


def test_signed_zeros_are_equal():
    scores = np.where(np.arange(64) % 2, 0.0, -0.0)[None].repeat(500, axis=0)
    ids = top(lambda X: scores[: len(X)], np.zeros((500, 1)), 32).ids
    assert abs((ids % 2).mean() - 0.5) < 0.02


def test_short_lists_end_in_minus_one():
    seen = sp.csr_matrix(np.array([[1, 1, 0, 1], [1, 1, 1, 1]]))
    ranking = top_factors(np.ones((2, 2)), np.ones((4, 2)), None, 3, seen)
    assert ranking.ids.tolist() == [[2, -1, -1], [-1, -1, -1]]
    assert np.isneginf(ranking.scores[:, 1:]).all()


def test_ties_follow_the_source_and_the_seed_and_nothing_else():
    flat = lambda X: np.zeros((len(X), 500))  # noqa: E731
    X = np.zeros((40, 1))
    here = top(flat, X, 10)
    there = top(flat, X[:3], 10, sources=np.array([7, 8, 9]))
    assert np.array_equal(here.ids[7:10], there.ids)
    assert not np.array_equal(here.ids, top(flat, X, 10, seed=1).ids)
    assert len(np.unique(here.ids)) > 250
    assert np.array_equal(here.ids, wanted(np.zeros((40, 500)), 10))


def test_tie_ranks_are_even():
    """Every target is first among 20 for about as many sources."""
    rank = tie_rank(source_keys(np.arange(40_000))[:, None], np.arange(20)[None])
    share = np.bincount(rank.argmin(axis=1), minlength=20) / 40_000
    assert np.abs(share - 0.05).max() < 0.005
    pairs = np.corrcoef(rank[:, 0], rank[:, 1])[0, 1]
    assert abs(pairs) < 0.02


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_refused(bad):
    V = np.ones((4, 2))
    V[1, 1] = bad
    with pytest.raises(InputError, match="vectors of the targets"):
        top_factors(np.ones((3, 2)), V, None, 2)
    if np.isnan(bad):
        with pytest.raises(InputError, match="3 of 3 sources have scores that are not numbers"):
            top(lambda X: X @ V.T, np.ones((3, 2)), 2)


def test_the_mask_must_fit():
    with pytest.raises(InputError, match="3 sources need as many rows"):
        top_factors(np.ones((3, 2)), np.ones((4, 2)), None, 2, sp.csr_matrix((2, 4)))
