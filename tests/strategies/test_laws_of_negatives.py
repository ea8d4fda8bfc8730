"""Laws of negatives: what they draw, what a row is scored against, what the correction restores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from long_tailed import rows_of

from longshelf.errors import InputError
from longshelf.strategies import (
    HardNegatives,
    InBatch,
    LogQ,
    MixedNegatives,
    PopularityNegatives,
    SampledSoftmax,
    UniformNegatives,
)
from longshelf.strategies.negatives.drawn import ABSENT
from longshelf.tables import Targets
from longshelf.training import Batch, Criterion, plain_loss

COUNTS = np.array([64.0, 16, 9, 4, 1, 1, 0, 0])
TARGETS = Targets(names=np.arange(8).astype(str), kind="item", natural=COUNTS * 2, seen=COUNTS)
CODE = np.array([0, 1, 0, 3, 1, 2])
ROWS = rows_of(CODE, CODE)
LAWS = {
    "InBatch": InBatch(),
    "UniformNegatives": UniformNegatives(size=5),
    "PopularityNegatives": PopularityNegatives(size=5),
    "MixedNegatives": MixedNegatives(size=5),
    "HardNegatives": HardNegatives(size=5, keep=2),
    "SampledSoftmax": SampledSoftmax(size=5),
}


def drawn(strategy, seed=0, k=0, rows=ROWS):
    return strategy.negatives(rows, TARGETS, k, None, np.random.default_rng(seed))


def scored(ids, seed=1):
    """A batch over these ids, as the loop prepares it, with its scores."""
    place = np.full(8, -1)
    place[ids] = np.arange(len(ids))
    y = torch.from_numpy(place[CODE])
    all_z = torch.from_numpy(np.random.default_rng(seed).normal(size=(len(CODE), 8)))
    code = torch.from_numpy(CODE)
    batch = Batch(x=None, y=y, code=code, weight=torch.ones(6), index=np.arange(6))
    batch.ids = torch.from_numpy(ids)
    return all_z[:, ids], batch, replace(TARGETS.take(ids))


@pytest.mark.parametrize("name", LAWS)
def test_a_law_brings_the_batch_and_repeats_itself(name) -> None:
    ids, log_q = drawn(LAWS[name])
    assert set(CODE) <= set(ids.tolist())
    assert len(ids) == len(log_q)
    assert np.isfinite(log_q).all()
    np.testing.assert_array_equal(ids, drawn(LAWS[name])[0])
    if name != "InBatch":
        assert any((drawn(LAWS[name], seed)[0] != ids).any() for seed in range(1, 9)
                   if len(drawn(LAWS[name], seed)[0]) == len(ids))  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "law"),
    [
        (UniformNegatives(size=40_000), np.full(8, 1 / 8)),
        (PopularityNegatives(alpha=1.0, size=40_000), np.maximum(COUNTS, 1) / 97),
        (PopularityNegatives(alpha=0.5, size=40_000), np.array([8, 4, 3, 2, 1, 1, 1, 1]) / 21),
        (SampledSoftmax(alpha=0.5, size=40_000), np.array([8, 4, 3, 2, 1, 1, 1, 1]) / 21),
    ],
)
def test_targets_come_by_their_law(strategy, law) -> None:
    ids, log_q = drawn(strategy)
    share = np.bincount(ids[:40_000], minlength=8) / 40_000
    np.testing.assert_allclose(share, law, atol=0.01)
    np.testing.assert_allclose(np.exp(log_q), law[ids])


def test_how_many_are_drawn() -> None:
    for make in (UniformNegatives, PopularityNegatives, SampledSoftmax):
        assert len(drawn(make(size=5), k=9)[0]) == 5 + 4
        assert len(drawn(make(), k=9)[0]) == 9 + 4
        assert len(drawn(make())[0]) == 256 + 4
        with pytest.raises(InputError, match="at least 1"):
            make(size=0)
    with pytest.raises(InputError, match="keeps"):
        HardNegatives(keep=0)


@pytest.mark.parametrize("strategy", [InBatch(), MixedNegatives(size=3)])
def test_q_is_how_often_a_target_comes_along(strategy) -> None:
    # InBatch counts a target once, so q is the chance that a batch of six rows holds it
    rng = np.random.default_rng(0)
    share = np.maximum(COUNTS, 1) / np.maximum(COUNTS, 1).sum()
    came, q = np.zeros(8), np.zeros(8)
    for seed in range(6000):
        code = rng.choice(8, 6, p=share)
        ids, log_q = drawn(strategy, seed, rows=rows_of(code, code))
        came[ids] += 1
        q[ids] = np.exp(log_q)
    np.testing.assert_allclose(came / 6000, q, atol=0.03)


def test_the_correction_restores_the_whole_softmax() -> None:
    # the mean of the corrected sums over many batches is the sum over all targets
    z = np.random.default_rng(2).normal(size=8)
    share = np.maximum(COUNTS, 1) / np.maximum(COUNTS, 1).sum()
    rng = np.random.default_rng(0)
    total = []
    for seed in range(6000):
        code = rng.choice(8, 6, p=share)
        ids, log_q = drawn(InBatch(), seed, rows=rows_of(code, code))
        total.append(np.exp(z[ids] - log_q).sum())
    assert np.mean(total) == pytest.approx(np.exp(z).sum(), rel=0.03)


@pytest.mark.parametrize("strategy", [UniformNegatives(size=5), PopularityNegatives(size=5)])
def test_a_row_meets_what_was_drawn_and_its_own(strategy) -> None:
    ids, _ = drawn(strategy)
    z, batch, targets = scored(ids)
    got = plain_loss(strategy.logits(z, batch, targets), batch)
    for row, own in enumerate(CODE):
        mine = z[row][batch.y[row]]
        others = torch.stack([z[row][j] for j in range(5) if ids[j] != own] or [mine - 1e9])
        wanted = torch.cat([mine[None], others]).logsumexp(0) - mine
        assert float(got[row]) == pytest.approx(float(wanted))


def test_without_a_draw_scores_stay() -> None:
    z, batch, targets = scored(drawn(InBatch())[0])
    batch.ids = None
    for strategy in (UniformNegatives(), HardNegatives(), PopularityNegatives(), SampledSoftmax()):
        assert strategy.logits(z, batch, targets) is z


def test_hard_negatives_are_the_highest_of_the_pool() -> None:
    strategy = HardNegatives(size=5, keep=2)
    ids, _ = drawn(strategy)
    z, batch, targets = scored(ids)
    got = strategy.logits(z, batch, targets)
    for row, own in enumerate(CODE):
        rivals = sorted((float(z[row][j]) for j in range(5) if ids[j] != own), reverse=True)
        kept = {float(v) for v in got[row] if v > ABSENT / 2}
        assert kept == {*rivals[:2], float(z[row][batch.y[row]])}


def test_sampled_softmax_is_popularity_and_log_q() -> None:
    ids, log_q = drawn(SampledSoftmax(size=5))
    same = drawn(PopularityNegatives(size=5))
    np.testing.assert_array_equal(ids, same[0])
    z, batch, targets = scored(ids)
    targets = replace(targets, log_q=log_q)
    one = Criterion(SampledSoftmax(size=5), targets).rows(z, batch)
    two = Criterion(PopularityNegatives(size=5) + LogQ(), targets).rows(z, batch)
    torch.testing.assert_close(one, two)
    bare = Criterion(PopularityNegatives(size=5), targets).rows(z, batch)
    assert (one - bare).abs().max() > 0.1


@pytest.mark.parametrize("name", LAWS)
def test_a_law_trains_and_moves_the_scores(problem, name) -> None:
    plain = problem.fitted(InBatch()).scores(problem.X)
    got = problem.fitted(LAWS[name]).scores(problem.X)
    assert np.isfinite(got).all()
    assert (np.abs(got - plain).max() > 1e-3) == (name != "InBatch")
