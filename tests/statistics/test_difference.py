"""Coverage and false alarms of paired differences, by simulation; the algebra by a plain loop."""

import numpy as np
import pytest

from longshelf.errors import InputError
from longshelf.statistics import Units, difference

CLASSES = 6
PRIOR = 1 / np.arange(1, CLASSES + 1)


def macro_f1(y, d):
    """Value and influence of macro-F1, written out once more."""
    true, said = np.bincount(y, minlength=CLASSES), np.bincount(d, minlength=CLASSES)
    hit = np.bincount(y[y == d], minlength=CLASSES)
    both = np.maximum(true + said, 1)
    each, share = 2 * hit / both, (true > 0) / (true > 0).sum() / both
    rows = 2 * share[y] * (y == d) - (each * share)[y] - (each * share)[d]
    return each[true > 0].mean(), rows * len(y)


def trial(rng, redrawn, moved, seeds=5, population=3000, n=800):
    """Two arms alike in law: their scores differ by the noise of training alone."""
    y = rng.choice(CLASSES, population, p=PRIOR / PRIOR.sum())
    z = rng.normal(size=(population, CLASSES))
    z[np.arange(population), y] += 1.5
    fixed = rng.choice(population, n, replace=False)
    sides = [[], []]
    for seed in range(seeds):
        index = rng.choice(population, n, replace=False) if redrawn else fixed
        for side in sides:
            bias = moved * rng.normal(size=CLASSES)
            noise = 0.5 * rng.normal(size=(n, CLASSES))
            decided = (z[index] + bias + noise).argmax(axis=1)
            value, influence = macro_f1(y[index], decided)
            side.append(Units(seed=seed, value=value, id=index, influence=influence))
    return difference(*sides, redrawn=redrawn)


@pytest.mark.parametrize("redrawn", [False, True])
@pytest.mark.parametrize("moved", [0.0, 0.3])
def test_equal_arms_seldom_look_different(redrawn, moved):
    rng = np.random.default_rng(7)
    runs = [trial(rng, redrawn, moved) for _ in range(250)]
    alarms = np.mean([run.p < 0.05 for run in runs])
    inside = np.mean([run.low <= 0 <= run.high for run in runs])
    assert alarms <= 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / 250)
    assert inside >= 0.95 - 2.5 * np.sqrt(0.05 * 0.95 / 250)
    spread = np.std([run.value for run in runs])
    honest = np.sqrt(np.mean([run.se**2 for run in runs]))
    assert honest < 1.6 * spread


def draws(rng, ids, seed, shift=0.0):
    x = rng.normal(size=len(ids)) + shift
    return Units(seed=seed, value=float(x.mean()), id=ids, influence=x - x.mean())


def test_variance_of_units_is_that_of_a_cluster_bootstrap():
    rng = np.random.default_rng(0)
    ids = [np.repeat(rng.choice(300, 120, replace=False), 2) for _ in range(3)]
    arm = [draws(rng, part, s) for s, part in enumerate(ids)]
    plain = [draws(rng, part, s) for s, part in enumerate(ids)]
    from longshelf.statistics.variance import Crossed

    crossed = Crossed.of(
        np.array([[a.value, b.value] for a, b in zip(arm, plain, strict=True)]),
        [np.stack([a.influence, b.influence], axis=1) for a, b in zip(arm, plain, strict=True)],
        ids,
        redrawn=True,
    )
    units = np.unique(np.concatenate(ids))
    place = [np.searchsorted(units, part) for part in ids]
    boot = []
    for _ in range(4000):
        times = np.bincount(rng.integers(0, len(units), len(units)), minlength=len(units))
        boot.append(
            np.mean(
                [
                    np.mean((times - 1)[at] * (a.influence - b.influence))
                    for at, a, b in zip(place, arm, plain, strict=True)
                ]
            )
        )
    gram = crossed.mean
    mine = np.sqrt(gram[0, 0] + gram[1, 1] - 2 * gram[0, 1])
    assert mine == pytest.approx(np.std(boot), rel=0.05)


def test_a_real_difference_is_found_and_pairing_helps():
    rng = np.random.default_rng(1)
    ids = np.arange(500)
    plain = [draws(rng, ids, s) for s in range(4)]
    arm = [
        Units(
            seed=p.seed, value=p.value + 0.1, id=ids,
            influence=p.influence + 0.1 * (noise := rng.normal(size=500)) - 0.1 * noise.mean(),
        )
        for p in plain
    ]  # fmt: skip
    found = difference(arm, plain, redrawn=False)
    assert found.p < 1e-6
    assert found.value == pytest.approx(0.1)
    assert found.effect == pytest.approx(0.1, rel=0.1)
    alone = np.sqrt(2 / 500)
    assert found.se < alone / 5


def test_two_seeds_give_figures_and_no_p():
    rng = np.random.default_rng(2)
    ids = np.arange(50)
    arm, plain = ([draws(rng, ids, s) for s in range(2)] for _ in range(2))
    found = difference(arm, plain, redrawn=False)
    assert np.isnan(found.p)
    assert found.low < found.value < found.high


def test_different_rows_are_refused():
    rng = np.random.default_rng(3)
    arm, plain = [draws(rng, np.arange(50), 0)], [draws(rng, np.arange(1, 51), 0)]
    with pytest.raises(InputError, match="different rows in seed 0"):
        difference(arm, plain, redrawn=False)
    with pytest.raises(InputError, match="share no seed"):
        difference(arm, [draws(rng, np.arange(50), 1)], redrawn=False)
