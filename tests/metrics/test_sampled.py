"""Sampled evaluation: what it draws, and that it can turn the order of two systems around."""

import numpy as np
import pytest
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.metrics import evaluate_ranking
from longshelf.metrics.sampled import flips, sampled_ranking
from longshelf.models.rank.top import top
from longshelf.slices import cut
from longshelf.tables import Targets

U, C = 120, 400


def placed(rng, places):
    """Scores that put target 0 at a given place of each row."""
    scores = rng.random((U, C)).astype(np.float32)
    order = np.sort(scores[:, 1:], axis=1)[:, ::-1]
    own = [1.0 if p == 0 else (order[u, p - 1] + order[u, p]) / 2 for u, p in enumerate(places)]
    scores[:, 0] = own
    return scores


def both(scores, rng):
    relevant = sp.csr_matrix((np.ones(U), (np.arange(U), np.zeros(U, dtype=int))), (U, C))
    targets = Targets(names=np.arange(C).astype(str), kind="item", natural=np.ones(C))
    rows = np.arange(U)[:, None]
    full = top(lambda X: scores[X[:, 0]], rows, 10)
    drawn, one = sampled_ranking(lambda X: scores[X[:, 0]], rows, relevant, None, rng, negatives=20)

    def measure(lists, truth, pool):
        natural = targets.natural
        return evaluate_ranking(lists, truth, targets, cut(natural), k=10, pool=pool).values

    return measure(full, relevant, None), measure(drawn, one, "sampled")


def test_the_winner_can_flip_and_is_flagged():
    """One system is often first and often nowhere, the other always fairly near the top."""
    rng = np.random.default_rng(0)
    bold, steady = placed(rng, [0, 399 // 2, 0, 350] * 30), placed(rng, [30] * U)
    bold_values, steady_values = both(bold, rng), both(steady, rng)
    table = flips(
        {"bold": bold_values[0], "steady": steady_values[0]},
        {"bold": bold_values[1], "steady": steady_values[1]},
    )
    row = table.filter(metric="recall@10").to_dicts()[0]
    assert row == {
        "metric": "recall@10", "full_winner": "bold", "sampled_winner": "steady", "flips": True,
    }  # fmt: skip
    assert not table.filter(metric="mrr@10")["flips"].item() or table["flips"].any()


def test_draws_avoid_what_is_known_and_are_all_different():
    rng = np.random.default_rng(0)
    relevant = sp.csr_matrix((rng.random((30, 40)) < 0.1) * 1.0)
    seen = sp.csr_matrix((rng.random((30, 40)) < 0.5) * 1.0)
    lists, truth = sampled_ranking(
        lambda X: X @ np.ones((1, 40)), np.ones((30, 1)), relevant, seen, rng, negatives=8
    )
    assert len(lists.ids) == relevant.nnz == truth.nnz
    for row, source in enumerate(lists.sources):
        pool = lists.ids[row][lists.ids[row] >= 0]
        own = truth[row].indices[0]
        assert len(set(pool)) == len(pool) == 9
        assert own in pool
        others = set(pool) - {own}
        assert not others & set(relevant[source].indices)
        assert not others & set(seen[source].indices)
    place = np.array([list(lists.ids[r]).index(truth[r].indices[0]) for r in range(truth.nnz)])
    assert 2.5 < place.mean() < 5.5


def test_the_same_systems_must_be_given():
    with pytest.raises(InputError, match="both ways"):
        flips({"a": None}, {"b": None})
    with pytest.raises(InputError, match="at least one negative"):
        sampled_ranking(None, None, None, None, None, negatives=0)
