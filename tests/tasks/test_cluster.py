"""Clusters of rows: metrics against tables and loops, models against SciPy and scikit-learn."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import completeness_score, homogeneity_score, v_measure_score
from sklearn.metrics.cluster import pair_confusion_matrix

import longshelf as ls
from longshelf.cache import Cache
from longshelf.components import build
from longshelf.errors import InputError, NotApplicable
from longshelf.metrics import (
    BCubedF1,
    BCubedPrecision,
    BCubedRecall,
    Completeness,
    Homogeneity,
    PairF1,
    PairPrecision,
    PairRecall,
    VMeasure,
)
from longshelf.metrics.clusters import Grouping
from longshelf.metrics.partitions import shelves
from longshelf.models import Agglomerative, ExactTitle, ThresholdGraph
from longshelf.models.cluster.near import near
from longshelf.slices import cut
from longshelf.strategies import Strategy
from longshelf.tables import Rows, Targets, Valid
from longshelf.tasks.base import divide

EVERYONE = slice(None)


def drawn(seed: int, n: int = 60, clusters: int = 15) -> Grouping:
    rng = np.random.default_rng(seed)
    true = rng.integers(0, clusters, n)
    wrong = rng.random(n) < 0.4
    return Grouping(np.where(wrong, rng.integers(0, clusters, n), true), true)


def value(metric, grouping: Grouping, members=None) -> float:
    whole = np.ones(len(grouping.true), dtype=bool)
    return metric.of(grouping, whole if members is None else members)[0]


def naive(grouping: Grouping, members) -> dict[str, float]:
    """The definitions as loops over rows and pairs."""
    said, true = grouping.said, grouping.true
    n = len(true)
    precision, recall, hits, put, belong = [], [], 0, 0, 0
    for i in range(n):
        if not members[i]:
            continue
        together = [j for j in range(n) if said[j] == said[i]]
        own = [j for j in range(n) if true[j] == true[i]]
        both = [j for j in together if true[j] == true[i]]
        precision.append(len(both) / len(together))
        recall.append(len(both) / len(own))
        hits += len(both) - 1
        put += len(together) - 1
        belong += len(own) - 1
    p, r = float(np.mean(precision)), float(np.mean(recall))
    return {
        "b_cubed_precision": p,
        "b_cubed_recall": r,
        "b_cubed_f1": 2 * p * r / (p + r),
        "pair_precision": hits / put,
        "pair_recall": hits / belong,
        "pair_f1": 2 * hits / (put + belong),
    }


METRICS = (BCubedPrecision(), BCubedRecall(), BCubedF1(), PairPrecision(), PairRecall(), PairF1())


def test_a_table_worked_by_hand() -> None:
    """Products a a a b b and c; put together: a a | a b | b | c."""
    grouping = Grouping(np.array([0, 0, 1, 1, 2, 3]), np.array([0, 0, 0, 1, 1, 2]))
    assert value(BCubedPrecision(), grouping) == pytest.approx((1 + 1 + 0.5 + 0.5 + 1 + 1) / 6)
    assert value(BCubedRecall(), grouping) == pytest.approx(
        (2 / 3 + 2 / 3 + 1 / 3 + 0.5 + 0.5 + 1) / 6
    )
    assert value(PairPrecision(), grouping) == pytest.approx(1 / 2)
    assert value(PairRecall(), grouping) == pytest.approx(1 / 4)
    assert value(PairF1(), grouping) == pytest.approx(1 / 3)
    alone = grouping.true == 2
    assert np.isnan(value(PairRecall(), grouping, alone))
    assert value(BCubedF1(), grouping, alone) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_metrics_equal_naive_loops_on_all_rows_and_on_some(seed: int) -> None:
    grouping = drawn(seed)
    size = np.bincount(grouping.true)[grouping.true]
    for members in (np.ones(60, dtype=bool), size >= 5, size < 5):
        wanted = naive(grouping, members)
        for metric in METRICS:
            assert value(metric, grouping, members) == pytest.approx(wanted[metric.id]), metric.id


@pytest.mark.parametrize("seed", range(5))
def test_metrics_equal_scikit_learn(seed: int) -> None:
    grouping = drawn(seed)
    said, true = grouping.said, grouping.true
    assert value(VMeasure(), grouping) == pytest.approx(v_measure_score(true, said))
    assert value(Homogeneity(), grouping) == pytest.approx(homogeneity_score(true, said))
    assert value(Completeness(), grouping) == pytest.approx(completeness_score(true, said))
    (_, extra), (missed, hit) = pair_confusion_matrix(true, said)
    assert value(PairPrecision(), grouping) == pytest.approx(hit / (hit + extra))
    assert value(PairRecall(), grouping) == pytest.approx(hit / (hit + missed))


def test_influences_are_the_change_by_a_row_counted_twice() -> None:
    """Clusters stay as they are; only the mean over rows is reweighted."""
    grouping = drawn(1)
    members = np.bincount(grouping.true)[grouping.true] >= 4
    for metric in METRICS:
        whole, moved = metric.of(grouping, members)
        assert moved is not None
        assert moved.mean() == pytest.approx(0.0, abs=1e-12)
        both, of_said, of_true = grouping.overlaps
        row, step = int(np.flatnonzero(members)[3]), 1e-5
        weight = members.astype(float)
        weight[row] += step
        p, r = ((weight * both / size).sum() / weight.sum() for size in (of_said, of_true))
        hits, put, belong = ((weight * (x - 1)).sum() for x in (both, of_said, of_true))
        found = {
            "b_cubed_precision": p, "b_cubed_recall": r, "b_cubed_f1": 2 * p * r / (p + r),
            "pair_precision": hits / put, "pair_recall": hits / belong,
            "pair_f1": 2 * hits / (put + belong),
        }  # fmt: skip
        assert (found[metric.id] - whole) / step == pytest.approx(moved[row] / len(moved), rel=1e-3)


def test_extremes() -> None:
    true = np.array([0, 0, 1, 2])
    right = Grouping(true + 7, true)
    assert all(value(metric, right) == 1.0 for metric in (*METRICS, VMeasure()))
    together = Grouping(np.zeros(4, dtype=int), true)
    assert value(BCubedRecall(), together) == value(PairRecall(), together) == 1.0
    assert value(Homogeneity(), together) == pytest.approx(0.0)
    alone = Grouping(np.arange(4), true)
    assert value(BCubedPrecision(), alone) == 1.0
    assert np.isnan(value(PairPrecision(), alone))


def test_shelves_follow_the_sizes_that_hold_the_training_rows() -> None:
    """Of 30 rows 16 are of sizes 10 and 6, and 25 of sizes down to 2."""
    natural = np.array([10.0, 6, 4, 3, 2, 1, 1, 1, 1, 1])
    slices = cut(natural)
    found = shelves(np.array([12, 6, 5, 3, 2, 1]), natural, slices)
    assert found["head"].tolist() == [True, True, False, False, False, False]
    assert found["torso"].tolist() == [False, False, True, True, True, False]
    assert found["tail"].tolist() == [False, False, False, False, False, True]


@pytest.mark.parametrize("sparse", [False, True])
def test_near_pairs_are_those_of_the_full_matrix(sparse: bool) -> None:
    X = np.random.default_rng(0).normal(size=(70, 5))
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    full = unit @ unit.T
    first, second, cosine = near(sp.csr_matrix(X) if sparse else X, 0.4, block=16)
    wanted = {(i, j) for i in range(70) for j in range(i + 1, 70) if full[i, j] >= 0.4}
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == wanted
    np.testing.assert_allclose(cosine, full[first, second], atol=1e-6)


def parts_of(X, code):
    rows = Rows(
        id=np.arange(len(code)), inputs=pl.DataFrame({"x": code}), y=code, code=code,
        groups=pl.DataFrame(),
    )  # fmt: skip
    targets = Targets(names=np.unique(code).astype(str), kind="cluster").observed(rows)
    return rows, Valid(X=X, rows=rows), targets


def fitted(model, X, code):
    rows, valid, targets = parts_of(X, code)
    return model.fit(X, rows, valid, targets, Strategy(), np.random.default_rng(0))


@pytest.mark.parametrize("linkage", ["average", "complete", "single"])
@pytest.mark.parametrize("threshold", [0.3, 0.6, 0.9])
def test_agglomerative_by_pieces_equals_scikit_learn_on_the_whole(
    linkage: str, threshold: float
) -> None:
    rng = np.random.default_rng(2)
    X = np.repeat(rng.normal(size=(12, 6)), 6, axis=0) + rng.normal(size=(72, 6)) * 0.5
    said = fitted(
        Agglomerative(linkage=linkage, threshold=threshold), X, np.arange(72) // 6
    ).cluster(X)
    whole = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage=linkage, distance_threshold=1 - threshold
    ).fit_predict(X)
    assert v_measure_score(whole, said) == pytest.approx(1.0)


def test_graph_joins_what_is_near_and_only_mutual_neighbours() -> None:
    angle = np.deg2rad([0.0, 4.0, 9.0, 90.0])
    X = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    chain = ThresholdGraph(threshold=0.99, neighbours=1, mutual=False)
    assert len(set(fitted(chain, X, np.arange(4)).cluster(X).tolist())) == 2
    mutual = ThresholdGraph(threshold=0.99, neighbours=1)
    assert fitted(mutual, X, np.arange(4)).cluster(X).tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize("model", [ThresholdGraph(), Agglomerative()])
def test_the_threshold_is_chosen_on_the_validation_part(model) -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, 16))
    code = np.repeat(np.arange(40), 4)
    X = centres[code] + 0.25 * rng.normal(size=(160, 16))
    found = fitted(model, X, code)
    assert 0.3 <= found.threshold <= 0.95
    fresh = rng.normal(size=(40, 16))[code] + 0.25 * rng.normal(size=(160, 16))
    said = found.cluster(sp.csr_matrix(fresh))
    assert v_measure_score(code, said) > 0.95
    with pytest.raises(InputError, match="task cluster"):
        found.scores(X)


def test_exact_title_needs_words() -> None:
    X = np.array([["A Shoe!"], ["a shoe"], ["another"]])
    found = fitted(ExactTitle(), X, np.arange(3)).cluster(X)
    assert found[0] == found[1] != found[2]
    with pytest.raises(NotApplicable, match="words"):
        fitted(ExactTitle(), np.eye(3), np.arange(3)).cluster(np.eye(3))


@pytest.mark.parametrize(
    "spec",
    ["threshold_graph(neighbours=0)", "threshold_graph(threshold=2)", "agglomerative(threshold=0)"],
)
def test_arguments_have_bounds(spec: str) -> None:
    with pytest.raises(InputError, match="threshold"):
        build("model", spec)
    with pytest.raises(InputError, match="ward"):
        Agglomerative(linkage="ward")


@pytest.fixture(scope="module")
def offers():
    """Products with one to eight offers each, whose titles share most words."""
    rng = np.random.default_rng(0)
    rows = []
    for product in range(150):
        core = [f"brand{product % 9}", f"model{product}", f"type{product % 12}"]
        for _ in range(int(rng.integers(1, 9))):
            extra = [f"shop{rng.integers(30)}"] if rng.random() < 0.7 else []
            rows.append((" ".join(rng.permutation([*core, *extra])), f"p{product}"))
    frame = pl.DataFrame(rows, schema=["title", "product"], orient="row")
    return ls.load(frame, label="product", text=("title",))


def test_products_stay_whole_and_sizes_are_in_every_part(offers) -> None:
    parts = divide(build("task", "cluster").pose(offers), build("split", "stratified"), 0)
    sides = [set(np.asarray(part.code).tolist()) for part in (parts.train, parts.valid, parts.test)]
    assert sum(map(len, sides)) == len(set.union(*sides))
    sizes = np.bincount(
        np.concatenate([np.asarray(p.code) for p in (parts.train, parts.valid, parts.test)])
    )
    for side in sides:
        assert {1, 2, 5} <= set(sizes[list(side)].tolist())


def test_a_clusterer_is_above_its_rivals_at_every_size(offers, tmp_path) -> None:
    cache = Cache(tmp_path)
    arms = {
        model: ls.fit(offers, task="cluster", features=features, model=model, cache=cache)
        for features, model in (
            ("nothing", "singletons"), ("words", "exact_title"), ("words", "threshold_graph"),
            ("words", "agglomerative"),
        )
    }  # fmt: skip
    found = {name: arm.value("b_cubed_f1") for name, arm in arms.items()}
    assert found["singletons"] < found["exact_title"] < found["threshold_graph"]
    assert found["agglomerative"] > 0.9
    alone = arms["singletons"].values.filter(metric="b_cubed_f1", slice_axis="size", slice="1")
    assert alone["value"].item() == 1.0
    best = arms["exact_title"]
    line = best.values.filter(metric="b_cubed_f1", slice_axis="all")
    assert line["low"].item() < line["value"].item() <= line["high"].item()
    assert "score|b_cubed_f1|tail" in best.measured.units.columns
