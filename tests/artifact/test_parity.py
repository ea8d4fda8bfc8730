"""The gate by slice: faithful models pass, a failure of the tail that the average hides does not."""

import numpy as np
import polars as pl
import pytest

from longshelf.artifact.compression import Compression, unpack
from longshelf.artifact.int8 import dequantised, quantised
from longshelf.artifact.parity import OutOfMargin, check_par, compare
from longshelf.errors import InputError
from longshelf.metrics import evaluate
from longshelf.slices import cut
from longshelf.tables import Rows, Scored, Targets

NATURAL = np.array([4000.0, 2500, 700, 500, 300, 120, 90, 70, 50, 40])
SHARE = NATURAL / NATURAL.sum()
TARGETS = Targets(names=np.array([f"c{i}" for i in range(10)]), natural=NATURAL, seen=NATURAL)
SLICES = cut(NATURAL)


def measured(decided, y, metric):
    rows = Rows(id=np.arange(len(y)), inputs=pl.DataFrame(), y=y, code=y, groups=pl.DataFrame())
    hot = np.eye(10)[decided]
    scored = Scored(rows=rows, scores=hot, raw=hot, corrected=hot, decisions={"argmax": decided})
    return evaluate(scored, TARGETS, SLICES, metrics=[], primary=metric)


def judged(full, small, y, metric="macro_f1", margin=0.01):
    pair = measured(full, y, metric), measured(small, y, metric)
    return {
        one.slice: one for one in compare(*pair, metric=metric, decision="argmax", margin=margin)
    }


def shop(n, rng, right=0.8):
    """True classes, drawn by their training shares, and decisions that are mostly right."""
    y = rng.choice(10, n, p=SHARE)
    full = np.where(rng.random(n) < right, y, rng.choice(10, n, p=SHARE))
    return y, full


def flipped(full, y, rng, share):
    """A faithful model: a few rows near a border are decided otherwise, as often for the better."""
    small, count = full.copy(), max(2, round(share * len(y)))
    right, wrong = np.flatnonzero(full == y), np.flatnonzero(full != y)
    worse = rng.choice(right, count // 2, replace=False)
    better = rng.choice(wrong, count - count // 2, replace=False)
    small[worse] = (small[worse] + 1) % 10
    small[better] = y[better]
    return small


def broken(full, y, rng, share=0.5):
    """A planted failure: right decisions of the tail fall to the first class."""
    small = full.copy()
    tail = np.flatnonzero((SLICES.of[y] == 2) & (full == y))
    small[rng.choice(tail, int(share * len(tail)), replace=False)] = 0
    return small


def bootstrapped(full, small, y, rng):
    at = rng.integers(0, len(y), len(y))
    found = judged(full[at], small[at], y[at])
    return all(one.passes for one in found.values())


@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=pytest.mark.slow) for s in (1, 2))])
def test_a_faithful_model_passes_at_least_95_of_100_test_sets(seed):
    rng = np.random.default_rng(seed)
    y, full = shop(4000, rng)
    small = flipped(full, y, rng, 0.001)
    assert sum(bootstrapped(full, small, y, rng) for _ in range(100)) >= 95


def test_the_same_model_passes_every_test_set():
    rng = np.random.default_rng(0)
    y, full = shop(4000, rng)
    assert all(bootstrapped(full, full, y, rng) for _ in range(20))


def test_a_failure_of_the_tail_that_the_average_hides_is_caught():
    caught, hidden = 0, []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        y, full = shop(4000, rng)
        small = broken(full, y, rng, 0.05)
        hidden.append(np.mean(full == y) - np.mean(small == y))
        found = judged(full, small, y)
        caught += found["tail"].verdict == "lost"
        assert found["head"].passes
    assert max(hidden) < 0.01
    assert caught >= 99


def scaled_shop(rng, n=4000):
    """Classes told apart by a number each; that of the rarest is large and its weight small."""
    y = rng.choice(10, n, p=SHARE)
    unit = np.where(np.arange(10) == 9, 1000.0, 1.0)
    X = (np.eye(10)[y] + rng.normal(size=(n, 10)) * 0.4) * unit
    return y, X.astype(np.float32), np.diag(5 / unit).astype(np.float32)


def test_a_planted_failure_of_eight_bits_is_caught_and_the_right_way_passes():
    rng = np.random.default_rng(0)
    y, X, weight = scaled_shop(rng)
    full = (X @ weight.T).argmax(axis=1)
    one_scale = dequantised(*quantised(weight.reshape(1, -1), 0)).reshape(weight.shape)
    failed = (X @ one_scale.T).argmax(axis=1)
    assert not one_scale[9].any()
    found = judged(full, failed, y)
    assert abs(np.mean(full == y) - np.mean(failed == y)) < 0.01
    assert found["head"].verdict == "within"
    assert found["tail"].verdict == "lost"
    noisy = weight + rng.normal(size=weight.shape).astype(np.float32) * weight.max(axis=1, keepdims=True) / 300  # fmt: skip
    full = (X @ noisy.T).argmax(axis=1)
    small = (X @ dequantised(*quantised(noisy, 0)).T).argmax(axis=1)
    assert (full != small).any()
    assert sum(bootstrapped(full, small, y, rng) for _ in range(100)) >= 95


def test_accuracy_on_all_rows_passes_while_its_tail_is_refused():
    rng = np.random.default_rng(1)
    y, full = shop(4000, rng)
    found = judged(full, broken(full, y, rng, 0.05), y, metric="macro_recall")
    lines = judged(full, broken(full, y, rng, 0.05), y, metric="accuracy")
    assert lines["all"].verdict == "within"
    assert found["tail"].verdict == "lost"
    with pytest.raises(OutOfMargin, match=r"tail loses 0\.\d+ of macro_recall, 0\.\d+ to 0\.\d+"):
        check_par(list(found.values()), "macro_recall", 0.01)


def test_a_thin_slice_is_not_judged():
    rng = np.random.default_rng(0)
    y, full = shop(120, rng)
    found = judged(full, full, y)
    assert found["tail"].support < 88
    assert found["tail"].verdict == "thin"
    assert found["all"].verdict == "within"
    with pytest.raises(OutOfMargin, match="too thin to be judged"):
        check_par(list(found.values()), "macro_f1", 0.01)
    assert all(one.passes for one in judged(full, full, y, margin=0.1).values())


def test_a_loss_within_three_margins_needs_more_than_luck():
    y = np.repeat(np.arange(10), 40)
    one = y.copy()
    one[y >= 5] = y[y >= 5]
    few, many = y.copy(), y.copy()
    tail = np.flatnonzero(SLICES.of[y] == 2)
    few[tail[:3]] = 0
    many[tail[:8]] = 0
    lines = judged(one, few, y, "macro_recall"), judged(one, many, y, "macro_recall")
    n = len(tail)
    assert lines[0]["tail"].loss == pytest.approx(3 / n)
    assert lines[1]["tail"].loss == pytest.approx(8 / n)
    assert 0.01 < 3 / n < 8 / n < 0.031
    assert lines[0]["tail"].verdict == "chance"
    assert lines[1]["tail"].verdict == "lost"


def test_many_changed_answers_are_unsure_even_where_they_cancel():
    rng = np.random.default_rng(0)
    y, full = shop(1000, rng)
    tail = SLICES.of[y] == 2
    small = full.copy()
    small[rng.choice(np.flatnonzero(tail & (full == y)), 20, replace=False)] = 0
    better = rng.choice(np.flatnonzero(tail & (full != y)), 20, replace=False)
    small[better] = y[better]
    found = judged(full, small, y, "accuracy")
    assert found["tail"].loss == pytest.approx(0)
    assert found["tail"].verdict == "unsure"
    with pytest.raises(OutOfMargin, match=r"tail changes so many answers .* cannot be excluded"):
        check_par(list(found.values()), "accuracy", 0.01)


def test_a_metric_that_falls_when_better_is_turned():
    rng = np.random.default_rng(0)
    y, full = shop(4000, rng)
    rows = Rows(id=np.arange(len(y)), inputs=pl.DataFrame(), y=y, code=y, groups=pl.DataFrame())

    def of(sure):
        p = np.full((len(y), 10), (1 - sure) / 9)
        p[np.arange(len(y)), full] = sure
        scored = Scored(rows=rows, scores=np.log(p), raw=p, corrected=p, decisions={"argmax": full})
        return evaluate(scored, TARGETS, SLICES, metrics=[], primary="log_loss")

    found = compare(of(0.8), of(0.99), metric="log_loss", decision="corrected", margin=0.01)
    assert found[0].slice == "all"
    assert found[0].loss > 0.05
    assert found[0].verdict == "lost"


def test_what_is_no_pair_is_refused():
    rng = np.random.default_rng(0)
    y, full = shop(400, rng)
    one, other = measured(full, y, "macro_f1"), measured(full[1:], y[1:], "macro_f1")
    with pytest.raises(InputError, match="the same rows"):
        compare(one, other, metric="macro_f1", decision="argmax")
    with pytest.raises(InputError, match="margin must be above 0"):
        compare(one, one, metric="macro_f1", decision="argmax", margin=0)
    with pytest.raises(OutOfMargin, match="no value on the test rows"):
        check_par([], "macro_f1", 0.01)


@pytest.mark.parametrize("axis", [0, 1])
def test_eight_bits_move_no_weight_by_more_than_half_a_step(axis):
    rng = np.random.default_rng(0)
    weight = (rng.normal(size=(30, 50)) * 10 ** rng.uniform(-3, 3, (30, 50))).astype(np.float32)
    codes, scale = quantised(weight, axis)
    naive = np.array(
        [
            [round(float(w) / float(np.abs(np.take(weight, i if axis == 0 else j, axis)).max() / 127))
             for j, w in enumerate(row)]
            for i, row in enumerate(weight)
        ]
    )  # fmt: skip
    assert np.abs(codes - naive).max() <= 1
    assert np.mean(codes == naive) > 0.999
    assert (np.abs(dequantised(codes, scale) - weight) <= scale * 0.5001).all()
    assert codes.min() >= -127


@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize("prune", [0.0, 0.3, 0.9])
def test_packed_weights_come_back(int8, prune):
    weight = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
    packed = Compression(int8=int8, prune=prune).pack(weight, 0)
    if not int8 and not prune:
        assert packed is None
        return
    back = unpack(packed.about, packed.tensors.__getitem__)
    assert back.dtype == np.float32
    assert back.shape == weight.shape
    kept = np.abs(weight) > np.quantile(np.abs(weight), prune)
    if prune:
        assert np.mean(back == 0) >= prune - 1e-9
    assert np.abs(back - np.where(kept, weight, 0)).max() <= (np.abs(weight).max() / 254 if int8 else 0) + 1e-7  # fmt: skip
    size = sum(held.nbytes for held in packed.tensors.values())
    assert size < weight.nbytes


def test_a_small_matrix_or_a_bias_stays_whole():
    compression = Compression(int8=True)
    assert compression.pack(np.ones((3, 3), np.float32), 0) is None
    assert compression.pack(np.ones(1000, np.float32), 0) is None
    with pytest.raises(InputError, match="share to prune must be in"):
        Compression(prune=1.0)
