"""The adversaries on a planted curve, beside SMOTE and noise; what is refused and what is repeated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from long_tailed import Problem, rows_of

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies import Gan, Smote
from longshelf.strategies.resample.conditional_gan import learn_adversaries
from longshelf.tables import Targets

BRIEF = {"steps": 150, "batch": 32, "hidden": 16}


def moons(seed=0):
    """A half circle of 60 rows, rare, and 400 rows of another that interlocks with it."""
    rng = np.random.default_rng(seed)

    def arc(n):
        turn = rng.random(n) * np.pi
        return np.stack([np.cos(turn), np.sin(turn)], 1) + 0.05 * rng.normal(size=(n, 2))

    X = np.concatenate([[1.0, 0.5] - arc(400), arc(60)]).astype(np.float32)
    code = np.repeat([0, 1], [400, 60])
    rows = rows_of(code, code)
    return Problem(X, rows, Targets(names=np.array(["many", "few"])).observed(rows))


def off(points):
    """Distance of each point from the half circle of the rare target."""
    x, y = points.T
    ends = np.minimum(np.hypot(x - 1, y), np.hypot(x + 1, y))
    return np.where(y >= 0, np.abs(np.hypot(x, y) - 1), ends)


def covered(points):
    """Share of twelve equal parts of the half circle that hold a point."""
    return np.mean(np.histogram(np.arctan2(points[:, 1], points[:, 0]), 12, (0, np.pi))[0] > 0)


def run(strategy, problem, seed=0):
    return strategy.resample(problem.X, problem.rows, problem.targets, np.random.default_rng(seed))


def test_made_rows_lie_on_the_planted_curve_as_smotes_do_and_noise_does_not():
    problem = moons()
    few = problem.X[problem.rows.code == 1]
    made = run(Gan(to="balance"), problem)
    assert (made.synthetic_code == 1).all()
    assert len(made.synthetic_X) > 300
    smote = run(Smote(to="balance"), problem).synthetic_X
    noise = np.random.default_rng(0).multivariate_normal(few.mean(0), np.cov(few.T), 340)
    distance = {name: off(points).mean() for name, points in
                {"gan": made.synthetic_X, "smote": smote, "noise": noise}.items()}  # fmt: skip
    assert distance["gan"] < 0.4 * distance["noise"]
    assert distance["gan"] < 3 * distance["smote"]
    assert covered(made.synthetic_X) > 0.7
    nearest = np.linalg.norm(made.synthetic_X[:, None] - few, axis=2).min(axis=1)
    assert np.median(nearest) > 1e-3


def test_the_losses_are_those_of_the_paper(monkeypatch):
    """One step of each network by hand: −log D(x) − log(1 − D(G(z))), then −log D(G(z))."""
    said = []
    monkeypatch.setattr(
        "longshelf.strategies.resample.conditional_gan._move",
        lambda optimiser, losses: said.append(losses.detach()),
    )
    X = np.random.default_rng(0).normal(size=(20, 3))
    code = np.arange(20) % 2
    torch.manual_seed(0)
    both = learn_adversaries(
        X, code, 2, np.random.default_rng(5), steps=1, batch=8, hidden=4, noise=2
    )
    law = np.full(20, 0.05)
    at = np.random.default_rng(5).choice(20, 8, p=law)
    x = torch.from_numpy(((X - X.mean(0)) / X.std(0))[at].astype(np.float32))
    y = torch.from_numpy(code[at])
    torch.manual_seed(0)
    learn_adversaries(X, code, 2, np.random.default_rng(5), steps=0, batch=8, hidden=4, noise=2)
    with torch.no_grad():
        made = both.generator(torch.randn(8, 2), y)
        real, fake = (torch.sigmoid(both.discriminator(rows, y))[:, 0] for rows in (x, made))
    torch.testing.assert_close(said[0][:, 0], -real.log() - (1 - fake).log())
    torch.testing.assert_close(said[1][:, 0], -fake.log())


def test_made_rows_stay_in_range_and_pass_the_discriminator(problem):
    X = problem.X.astype(np.float64)
    code = problem.rows.code
    torch.manual_seed(0)
    both = learn_adversaries(
        X, code, 6, np.random.default_rng(0), steps=200, batch=64, hidden=16, noise=4
    )
    observed = X[code == 2]
    made = both.make(2, 60, 0.25, observed)
    assert (made >= X.min(0)).all()
    assert (made <= X.max(0)).all()
    assert (both.likely(made, 2) >= np.quantile(both.likely(observed, 2), 0.25)).all()
    loose = both.make(2, 60, 0.0, observed)
    assert both.likely(loose, 2).mean() < both.likely(made, 2).mean()


def test_small_targets_and_what_was_refused_are_repeated_to_the_floor(problem):
    done = run(Gan(to=70, **BRIEF), problem)
    _, rows = done.apply(problem.X, problem.rows)
    assert problem.targets.count(rows.code)[:5].tolist() == [120, 70, 70, 70, 70]
    assert set(done.synthetic_code.tolist()) <= {1, 2}
    assert done.synthetic_X.dtype == problem.X.dtype
    repeated = problem.rows.code[done.kept[len(problem.rows) :]]
    assert np.bincount(repeated, minlength=5)[[3, 4]].tolist() == [61, 67]
    assert len(done.synthetic_code) > 20
    assert done.asked == {"c0": 120, "c1": 70, "c2": 70, "c3": 70, "c4": 70}


def test_the_same_seed_gives_the_same_rows_and_torch_is_left_alone(problem):
    before = torch.random.get_rng_state()
    first, second, other = (run(Gan(to=70, **BRIEF), problem, seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state())
    np.testing.assert_array_equal(first.synthetic_X, second.synthetic_X)
    assert first.kept.tolist() == second.kept.tolist()
    assert not np.array_equal(first.synthetic_X[:5], other.synthetic_X[:5])


def test_sparse_rows_ids_and_values_are_not_applicable(problem):
    sparse = replace(problem, X=sp.csr_matrix(problem.X))
    with pytest.raises(NotApplicable, match="dense ones, such as minilm"):
        run(Gan(), sparse)
    with pytest.raises(NotApplicable, match="numeric features"):
        run(Gan(), replace(problem, X=np.arange(len(problem.rows))[:, None]))
    several = replace(problem.rows, code=sp.csr_matrix(np.eye(6)[problem.rows.code]))
    with pytest.raises(NotApplicable, match="several"):
        run(Gan(), replace(problem, rows=several))


def test_one_class_alone_and_constant_columns_break_nothing(problem):
    only = problem.rows.code == 2
    alone = replace(problem, X=problem.X[only], rows=problem.rows.take(only))
    done = run(Gan(**BRIEF), alone)
    assert done.synthetic_X is None
    assert len(done.kept) == 100
    flat = problem.X.copy()
    flat[:, 1] = 3.0
    made = run(Gan(to=70, **BRIEF), replace(problem, X=flat)).synthetic_X
    assert (made[:, 1] == 3.0).all()
    assert np.isfinite(made).all()


@pytest.mark.parametrize(
    "wrong", [{"to": 0}, {"to": "all"}, {"steps": 0}, {"strict": 1.0}, {"least": 1}]
)
def test_arguments_are_checked(wrong):
    with pytest.raises(InputError, match="got"):
        Gan(**wrong)


def test_a_multiple_makes_so_many_rows_per_row():
    problem = moons()
    made = run(Gan(to="2x", strict=0.0, **BRIEF), problem)
    got = np.bincount(made.synthetic_code, minlength=2) + np.bincount(
        problem.rows.code[made.kept], minlength=2
    )
    assert got.tolist() == [1200, 180]
    with pytest.raises(InputError, match="a multiple such as '2x'"):
        Gan(to="twice")
