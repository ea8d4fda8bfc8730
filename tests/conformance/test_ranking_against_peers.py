"""Ranking metrics beside ir_measures and ranx; and where peers are wrong, what is right."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp

from longshelf.metrics import PopReo, evaluate_ranking
from longshelf.metrics.foreign.runs import evaluate_run
from longshelf.models.rank.top import top, top_factors
from longshelf.slices import cut
from longshelf.tables import Ranking, Targets

KS = (5, 10, 20, 100)
QUERIES, DOCS = 60, 200


def world(folder, *, tied, graded=True, seed=0):
    """A run and judgements, on disk and as dictionaries."""
    rng = np.random.default_rng(seed)
    qrels, run = {}, {}
    for q in range(QUERIES):
        pool = rng.permutation(DOCS)
        own = pool[: rng.integers(1, 40)]
        top_grade = 4 if graded else 2
        grades = rng.integers(0, top_grade, len(own))
        grades[0] = 1
        qrels[f"q{q}"] = {f"d{d}": int(g) for d, g in zip(own, grades, strict=True)}
        listed = rng.permutation(DOCS)[: rng.integers(1, 60)]
        scores = rng.integers(0, 6, len(listed)) if tied else rng.permutation(len(listed))
        run[f"q{q}"] = {f"d{d}": float(s) for d, s in zip(listed, scores, strict=True)}
    with open(folder / "a.qrels", "w") as out:
        out.writelines(f"{q} 0 {d} {g}\n" for q, own in qrels.items() for d, g in own.items())
    with open(folder / "a.run", "w") as out:
        out.writelines(f"{q} Q0 {d} 0 {s} x\n" for q, own in run.items() for d, s in own.items())
    return qrels, run


def ours(folder, **more):
    measured, _ = evaluate_run(folder / "a.run", folder / "a.qrels", ks=KS, ties="trec", **more)
    return dict(measured.values.filter(slice="all").select("metric", "value").iter_rows())


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_values_are_those_of_ir_measures(tmp_path, tied, seed):
    import ir_measures
    from ir_measures import AP, RR, Judged, P, R, Success, nDCG

    qrels, run = world(tmp_path, tied=tied, seed=seed)
    found = ours(tmp_path)
    same = {RR: "mrr@100"}
    for k in KS:
        same |= {
            P @ k: f"precision@{k}", R @ k: f"recall@{k}", Success @ k: f"hit_rate@{k}",
            AP @ k: f"map@{k}", nDCG @ k: f"ndcg@{k}",
        }  # fmt: skip
        if not tied:
            same[Judged @ k] = f"judged@{k}"
    for measure, value in ir_measures.calc_aggregate(list(same), qrels, run).items():
        assert found[same[measure]] == pytest.approx(value, abs=1e-9), measure
    steep = {q: {d: 2**g - 1 for d, g in own.items()} for q, own in qrels.items()}
    for k in KS:
        theirs = ir_measures.calc_aggregate([nDCG @ k], steep, run)[nDCG @ k]
        assert found[f"ndcg_exp@{k}"] == pytest.approx(theirs, abs=1e-9)


def test_ties_by_hash_are_worth_what_random_orders_are():
    """Over many seeds of a level run, nDCG is the mean over random orders, not trec's order."""
    targets = Targets(names=np.arange(30).astype(str), kind="item", natural=np.ones(30))
    relevant = sp.csr_matrix(np.eye(30)[:3].sum(axis=0)[None].repeat(2000, axis=0))
    flat = top(lambda X: np.zeros((len(X), 30)), np.zeros((2000, 1)), 10)
    found = evaluate_ranking(flat, relevant, targets, cut(targets.natural), k=10).values
    value = dict(found.filter(slice="all").select("metric", "value").iter_rows())
    discount = 1 / np.log2(np.arange(2, 12))
    assert value["ndcg@10"] == pytest.approx(0.1 * discount.sum() / discount[:3].sum(), abs=0.01)
    assert value["recall@10"] == pytest.approx(1 / 3, abs=0.01)


ASKED = """
import json, sys, ranx
qrels, run, names = json.load(sys.stdin)
json.dump(ranx.evaluate(ranx.Qrels(qrels), ranx.Run(run), names), sys.stdout, default=float)
"""


def test_values_are_those_of_ranx(tmp_path):
    """In a process of its own, where its functions run as written: compiling them takes a minute."""
    if find_spec("ranx") is None:
        pytest.skip("ranx is not installed")
    qrels, run = world(tmp_path, tied=False)
    found = ours(tmp_path)
    names = {"precision": "precision", "recall": "recall", "hit_rate": "hit_rate", "mrr": "mrr",
             "map": "map", "ndcg": "ndcg", "ndcg_exp": "ndcg_burges"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASKED], text=True, stdout=subprocess.PIPE, check=True,
        input=json.dumps([qrels, run, [f"{n}@{k}" for n in names.values() for k in KS]]),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
    )  # fmt: skip
    theirs = json.loads(done.stdout)
    for name, other in names.items():
        for k in KS:
            assert found[f"{name}@{k}"] == pytest.approx(theirs[f"{other}@{k}"], abs=1e-9)


def measure(ids, relevant, natural, k, **more):
    ids = np.asarray(ids)
    targets = Targets(
        names=np.arange(len(natural)).astype(str), kind="item", natural=np.asarray(natural, float)
    )
    ranking = Ranking(
        sources=np.arange(len(ids)), ids=ids, scores=-np.arange(ids.size).reshape(ids.shape)
    )
    found = evaluate_ranking(
        ranking, sp.csr_matrix(relevant), targets, cut(targets.natural), k=k, **more
    )
    return dict(found.values.filter(slice="all").select("metric", "value").iter_rows())


class TestDefectsOfPeers:
    """Each defect PEERS lists, as the value that is right and the wrong one it must not be."""

    def test_map_counts_precision_at_hits_only(self):
        """Elliot's MAP adds the precision of every place, hit or not."""
        value = measure([[0, 1, 2]], [[0, 0, 1, 0]], [4, 3, 2, 1], 3)
        assert value["map@3"] == pytest.approx(1 / 3)
        assert value["map@3"] != pytest.approx((0 + 0 + 1 / 3) / 3)
        two = measure([[1, 0, 2]], [[0, 1, 1, 0]], [4, 3, 2, 1], 3)
        assert two["map@3"] == pytest.approx((1 + 2 / 3) / 2)
        assert two["map@3"] != pytest.approx((1 + 1 / 2 + 2 / 3) / 3)

    def test_ndcg_is_held_against_the_ideal_of_what_is_relevant(self):
        """RecTools by default divides by an ideal with k relevant items, so one hit cannot be 1."""
        value = measure([[0, 1, 2]], [[1, 0, 0, 0]], [4, 3, 2, 1], 3)
        assert value["ndcg@3"] == 1.0
        assert value["ndcg@3"] != pytest.approx(1 / (1 / np.log2([2, 3, 4])).sum())

    def test_entropy_is_in_bits_and_not_divided(self):
        """RecBole takes nats and divides by the number of distinct recommended items."""
        value = measure([[0, 1], [2, 3]], np.zeros((2, 4)), [4, 3, 2, 1], 2)
        assert value["shannon_entropy@2"] == pytest.approx(2.0)
        assert value["shannon_entropy@2"] != pytest.approx(np.log(4) / 4)

    def test_gini_is_1_when_all_is_on_one(self):
        """RecBole divides by n, Elliot returns the inverse."""
        one = measure([[0], [0]], np.zeros((2, 4)), [4, 3, 2, 1], 1)
        even = measure([[0], [1], [2], [3]], np.zeros((4, 4)), [4, 3, 2, 1], 1)
        assert one["gini@1"] == pytest.approx(1.0)
        assert one["gini@1"] != pytest.approx(3 / 4)
        assert even["gini@1"] == pytest.approx(0.0)
        k_of_n = measure([[0, 1], [0, 1]], np.zeros((2, 4)), [4, 3, 2, 1], 2)
        assert k_of_n["gini@2"] == pytest.approx((4 - 2) / (4 - 1))

    def test_pop_reo_counts_hits_over_relevant(self):
        """WarpRec's PopREO ignores relevance; then lists without a hit look the same."""
        natural, relevant = [8, 1, 1, 1], np.array([[1, 0, 0, 1]])
        hit_head = measure([[0, 1]], relevant, natural, 2, metrics=[PopReo(k=2)])
        hit_both = measure([[0, 3]], relevant, natural, 2, metrics=[PopReo(k=2)])
        assert hit_head["pop_reo@2"] == pytest.approx(1.0)
        assert hit_both["pop_reo@2"] == pytest.approx(0.0)

    def test_popularity_counts_every_row(self):
        """RecBole's Pop undercounts an item that appears twice within a batch."""
        from longshelf.models import MostPopular
        from longshelf.strategies import Strategy
        from longshelf.tables import Rows, Valid

        code = np.array([1] * 7 + [0] * 5 + [2])
        rows = Rows(id=np.arange(13), inputs=pl.DataFrame(), y=code, code=code,
                    groups=pl.DataFrame())  # fmt: skip
        targets = Targets(names=np.array(list("abc")), kind="item").observed(rows)
        X = np.zeros((13, 1), dtype=int)
        fitted = MostPopular().fit(
            X, rows, Valid(X=X, rows=rows), targets, Strategy(), np.random.default_rng(0)
        )
        assert targets.natural.tolist() == [5, 7, 1]
        assert fitted.rank(X[:1], 3).ids.tolist() == [[1, 0, 2]]

    @pytest.mark.parametrize("fast", [False, True])
    def test_a_constant_scorer_comes_out_at_the_random_level(self, fast):
        """Under ties in the order of the catalogue it can reach nDCG 1.0: relevant items first."""
        u, size, k = 1500, 100, 10
        relevant = np.zeros((u, size))
        relevant[:, :k] = 1
        if fast:
            flat = top_factors(np.ones((u, 4)), np.ones((size, 4)), None, k)
        else:
            flat = top(lambda X: np.ones((len(X), size)), np.zeros((u, 1)), k)
        value = measure(flat.ids, relevant, np.arange(size, 0, -1), k)
        assert value["ndcg@10"] == pytest.approx(k / size, abs=0.01)
        assert value["recall@10"] == pytest.approx(k / size, abs=0.01)
        assert value["coverage@10"] == 1.0
        assert value["gini@10"] < 0.1

    def test_the_order_of_the_catalogue_changes_nothing_but_ties(self):
        rng = np.random.default_rng(0)
        U, V = rng.normal(size=(40, 5)), rng.normal(size=(80, 5))
        order = rng.permutation(80)
        here, there = top_factors(U, V, None, 10), top_factors(U, V[order], None, 10)
        assert np.array_equal(here.ids, order[there.ids])
