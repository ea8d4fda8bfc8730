"""Post-hoc corrections and re-rankings against hand-worked tables."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.spatial.distance import jensenshannon

from longshelf.errors import InputError, NotApplicable
from longshelf.models.base import Head
from longshelf.quick import quick_score
from longshelf.slices import Slices
from longshelf.strategies import (
    CalibratedPopularity,
    Mmr,
    PerClassThreshold,
    PostHocLogitAdjustment,
    TauNorm,
)
from longshelf.strategies.rerank.calibrated_popularity import divergence
from longshelf.tables import Context, Ranking, Targets


@dataclass
class Stub:
    head: Head | None


def scored(problem, scores):
    return replace(problem.valid, scores=scores)


@pytest.fixture(scope="module")
def biased(problem):
    """Scores that lean to the frequent, as plain training gives them."""
    truth = np.eye(6)[problem.rows.code]
    noise = np.random.default_rng(0).normal(size=truth.shape)
    return 1.5 * truth + noise + np.log(problem.targets.prior)


def test_post_hoc_takes_off_the_log_prior(problem) -> None:
    targets = problem.targets
    got = PostHocLogitAdjustment(tau=0.5).correct(None, problem.valid, targets).shift
    wanted = -0.5 * np.log(np.array([120, 60, 24, 9, 3]) / 217)
    np.testing.assert_allclose(got[:5], wanted)
    assert got[5] == got[:5].min()


def test_post_hoc_reads_the_prior_the_model_met_unless_told_otherwise(problem) -> None:
    even = problem.targets.seeing(np.array([50.0, 50, 50, 50, 50, 0]))
    shift = PostHocLogitAdjustment().correct(None, problem.valid, even).shift
    assert np.ptp(shift) == pytest.approx(0)
    natural = PostHocLogitAdjustment(prior="natural").correct(None, problem.valid, even).shift
    plain = PostHocLogitAdjustment().correct(None, problem.valid, problem.targets).shift
    np.testing.assert_allclose(natural, plain)


def test_post_hoc_makes_rare_classes_decided_more_often(problem, biased) -> None:
    valid = scored(problem, biased)
    adjusted = PostHocLogitAdjustment().correct(None, valid, problem.targets).apply(biased)
    truth = problem.rows.y
    rare = truth >= 2
    assert (adjusted.argmax(1) == truth)[rare].mean() > (biased.argmax(1) == truth)[rare].mean()


def test_tau_is_chosen_by_macro_f1_on_the_rows_given(problem, biased) -> None:
    valid = scored(problem, biased)
    whole = PostHocLogitAdjustment().correct(None, valid, problem.targets).shift
    chosen = PostHocLogitAdjustment(tau=None).correct(None, valid, problem.targets).shift
    every = [
        quick_score(biased + tau / 10 * whole, problem.rows.y, problem.targets) for tau in range(21)
    ]
    np.testing.assert_allclose(chosen, np.argmax(every) / 10 * whole)
    assert 0 < np.argmax(every) < 20


def test_post_hoc_over_labels_takes_off_the_logit_of_each_share(labels) -> None:
    targets = labels.targets
    got = PostHocLogitAdjustment().correct(None, labels.valid, targets).shift
    share = targets.natural[:3] / len(labels.rows)
    np.testing.assert_allclose(got[:3], -np.log(share / (1 - share)))
    assert got[3] == got[:3].min()


def test_tau_norm_divides_by_the_length_and_drops_the_bias(problem) -> None:
    rng = np.random.default_rng(2)
    head = Head(rng.normal(size=(6, 5)) * np.arange(1, 7)[:, None], rng.normal(size=6))
    raw = problem.X @ head.weight.T + head.bias
    done = TauNorm(tau=0.7).correct(Stub(head), scored(problem, raw), problem.targets)
    wanted = problem.X @ (head.weight / np.linalg.norm(head.weight, axis=1)[:, None] ** 0.7).T
    np.testing.assert_allclose(done.apply(raw)[:, :5], wanted[:, :5], atol=1e-9)
    longest = np.linalg.norm(head.weight, axis=1).max()
    np.testing.assert_allclose(done.apply(raw)[:, 5], raw[:, 5] / longest**0.7)


def test_tau_norm_chooses_tau_and_needs_a_head(problem) -> None:
    rng = np.random.default_rng(2)
    head = Head(rng.normal(size=(6, 5)), np.zeros(6))
    raw = problem.X @ head.weight.T
    valid = scored(problem, raw)
    options = [
        TauNorm(tau=tau / 10).correct(Stub(head), valid, problem.targets) for tau in range(21)
    ]
    gained = [quick_score(o.apply(raw), problem.rows.y, problem.targets) for o in options]
    chosen = TauNorm().correct(Stub(head), valid, problem.targets)
    np.testing.assert_array_equal(chosen.scale, options[int(np.argmax(gained))].scale)
    with pytest.raises(NotApplicable, match="has none"):
        TauNorm().correct(Stub(None), valid, problem.targets)


def test_thresholds_raise_macro_f1_and_no_class_without_rows(problem, biased) -> None:
    shift = PerClassThreshold().correct(None, scored(problem, biased), problem.targets).shift
    truth, targets = problem.rows.y, problem.targets
    assert quick_score(biased + shift, truth, targets) > quick_score(biased, truth, targets)
    assert shift[5] <= shift[:5].min()


def test_thresholds_of_two_classes_and_of_labels(problem, labels, biased) -> None:
    two = Targets(names=np.array(["no", "yes"]), natural=np.array([180.0, 36]))
    truth = (problem.rows.y >= 2).astype(int)
    scores = np.stack([np.zeros(len(truth)), truth + biased[:, 0] / 9 - 3], axis=1)
    rows = replace(problem.rows, y=truth, code=truth)
    valid = replace(problem.valid, rows=rows, scores=scores)
    done = PerClassThreshold().correct(None, valid, two)
    assert quick_score(done.apply(scores), truth, two) > quick_score(scores, truth, two)
    many = labels.rows.y * 2.0 - 3 + np.random.default_rng(0).normal(size=(80, 4)) / 2
    done = PerClassThreshold().correct(None, scored(labels, many), labels.targets)
    assert quick_score(done.apply(many), labels.rows.y, labels.targets) > quick_score(
        many, labels.rows.y, labels.targets
    )


def test_values_are_not_decided(problem) -> None:
    value = replace(problem.targets, kind="value")
    for strategy in (PostHocLogitAdjustment(), PerClassThreshold()):
        with pytest.raises(NotApplicable):
            strategy.correct(None, problem.valid, value)


def context(C: int, history: np.ndarray, vectors: np.ndarray | None = None) -> Context:
    of = np.array([0, 0, 1, 1, 2, 2], dtype=np.int8)[:C]
    return Context(
        targets=Targets(names=np.arange(C).astype(str)),
        slices=Slices("mass", of, np.zeros(C, dtype=bool)),
        history=sp.csr_matrix(history),
        vectors=vectors,
    )


def lists(ids: list[list[int]], scores: list[list[float]]) -> Ranking:
    return Ranking(sources=np.arange(len(ids)), ids=np.array(ids), scores=np.array(scores))


def slow_mmr(ids, scores, vectors, lam, k):
    """One list, by the definition."""
    low, high = min(scores), max(scores)
    wanted = {i: (s - low) / (high - low) for i, s in zip(ids, scores, strict=True)}
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    chosen: list[int] = []
    while len(chosen) < k:
        rest = [i for i in ids if i not in chosen]

        def value(i):
            near = max((unit[i] @ unit[j] for j in chosen), default=0.0)
            return lam * wanted[i] - (1 - lam) * near

        chosen.append(max(rest, key=value))
    return chosen + [i for i in ids if i not in chosen]


@pytest.mark.parametrize("lam", [0.0, 0.3, 0.8, 1.0])
def test_mmr_is_the_slow_loop(lam) -> None:
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(6, 3))
    ids = [rng.permutation(6).tolist() for _ in range(5)]
    scores = np.sort(rng.random((5, 6)))[:, ::-1].tolist()
    before = lists(ids, scores)
    after = Mmr(lam=lam, k=4).rerank(before, context(6, np.zeros((5, 6)), vectors))
    wanted = [slow_mmr(i, s, vectors, lam, 4) for i, s in zip(ids, scores, strict=True)]
    assert after.ids.tolist() == wanted
    assert (after.ids.tolist() == ids) == (lam == 1.0)
    np.testing.assert_array_equal(after.scores, before.scores)


def test_padding_stays_at_the_end() -> None:
    short = lists([[2, 0, -1, -1], [1, 3, 4, 5]], [[2, 1, 0, 0], [4, 3, 2, 1]])
    seen = context(6, np.ones((2, 6)), np.eye(6))
    for strategy in (Mmr(lam=0.1), CalibratedPopularity(lam=0.9)):
        after = strategy.rerank(short, seen)
        assert after.ids[0, 2:].tolist() == [-1, -1]
        assert sorted(after.ids[1].tolist()) == [1, 3, 4, 5]


def test_mmr_needs_vectors_and_sound_arguments() -> None:
    with pytest.raises(NotApplicable, match="vectors"):
        Mmr().rerank(lists([[0, 1]], [[1, 0]]), context(2, np.zeros((1, 2))))
    with pytest.raises(InputError, match="lam"):
        Mmr(lam=1.2)
    with pytest.raises(InputError, match="lam"):
        CalibratedPopularity(lam=-0.1)


def test_divergence_is_scipys() -> None:
    rng = np.random.default_rng(1)
    p, q = rng.dirichlet(np.ones(3), size=2)
    assert float(divergence(p, q)) == pytest.approx(jensenshannon(p, q, base=2) ** 2)


def test_calibrated_popularity_follows_the_readers_own_mix() -> None:
    # the first reads the tail only, the second the head only, the third nothing
    history = np.array([[0, 0, 0, 0, 3, 1], [2, 2, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]])
    before = lists([[0, 2, 4, 1, 3, 5]] * 3, [[6, 5, 4, 3, 2, 1]] * 3)
    after = CalibratedPopularity(lam=1.0, k=2).rerank(before, context(6, history))
    assert after.ids[0].tolist() == [4, 5, 0, 2, 1, 3]
    assert after.ids[1].tolist() == [0, 1, 2, 4, 3, 5]
    # everybody's mix is half head, half tail
    assert set(after.ids[2, :2].tolist()) == {0, 4}
    same = CalibratedPopularity(lam=0.0, k=4).rerank(before, context(6, history))
    assert same.ids.tolist() == before.ids.tolist()
