"""Ranked lists against hand-worked tables, scikit-learn's nDCG and a plain loop."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.metrics import ndcg_score

from longshelf.errors import InputError
from longshelf.metrics import evaluate_ranking
from longshelf.metrics.texts.diversity import Distinct
from longshelf.slices import cut
from longshelf.tables import Ranking, Targets

NATURAL = np.array([60.0, 25.0, 10.0, 5.0, 0.0])
TARGETS = Targets(names=np.array(list("abcde")), kind="item", natural=NATURAL)


def measured(ids, relevant, k):
    ranking = Ranking(
        sources=np.arange(len(ids)), ids=ids, scores=-np.arange(ids.size).reshape(ids.shape)
    )
    found = evaluate_ranking(ranking, sp.csr_matrix(relevant), TARGETS, cut(NATURAL), k=k)
    return found, {
        (m, s): v for m, s, v in found.values.select("metric", "slice", "value").iter_rows()
    }


def test_two_lists_by_hand():
    ids = np.array([[0, 1], [0, 3], [2, -1]])
    relevant = np.array([[1, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 0]])
    found, value = measured(ids, relevant, 2)
    assert value["recall@2", "all"] == pytest.approx((0.5 + 1) / 2)
    assert value["hit_rate@2", "all"] == 1.0
    assert value["recall@2", "tail"] == pytest.approx((0 + 1) / 2)
    assert value["coverage@2", "all"] == pytest.approx(4 / 5)
    assert value["arp@2", "all"] == pytest.approx((42.5 + 32.5 + 10) / 3)
    assert value["aplt@2", "all"] == pytest.approx((0 + 0.5 + 1) / 3)
    x = [0, 1, 1, 1, 2]
    gini = sum((2 * i - 6) * v for i, v in enumerate(x, 1)) / (4 * 5)
    assert value["gini@2", "all"] == pytest.approx(gini)
    assert found.values.filter(metric="recall@2", slice="all")["support"].item() == 2
    assert ("recall@2", "cold") not in value


def test_ndcg_with_grades_is_scikit_learns():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(40, 5))
    relevant = rng.integers(0, 3, (40, 5))
    relevant[:, 0] += relevant.sum(axis=1) == 0
    _, value = measured(np.argsort(-scores, axis=1), relevant, 3)
    assert value["ndcg@3", "all"] == pytest.approx(ndcg_score(relevant, scores, k=3), abs=1e-12)


def test_relevance_must_match_the_lists():
    with pytest.raises(InputError, match="2 lists over 5 targets"):
        measured(np.array([[0], [1]]), np.ones((3, 5)), 1)


def test_distinct_counts_n_grams():
    texts = ["a b a", "a b"]
    assert Distinct(n=1).of(texts) == pytest.approx(2 / 5)
    assert Distinct(n=2).of(texts) == pytest.approx(2 / 3)
    assert np.isnan(Distinct(n=2).of(["a"]))
