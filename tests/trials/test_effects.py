"""Effects and intervals: by hand, against gbstats and scipy, and against what repeats show."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import chisquare, ttest_ind

from longshelf.errors import InputError
from longshelf.trials import (
    always_valid,
    check_sample_ratio,
    cuped,
    difference,
    fixed_horizon,
    mean_of,
    ratio_of,
    stratified,
    tuned_rho,
    widening,
)

RNG = np.random.default_rng(5)
ONE, TWO = RNG.gamma(2, 1.1, 900), RNG.gamma(2, 1.0, 1100)


def repeated(draw, times=400):
    """Mean and standard deviation of estimates, and the mean of the standard errors they claim."""
    found = [draw(np.random.default_rng(seed)) for seed in range(times)]
    values, errors = np.array([f.value for f in found]), np.array([f.se for f in found])
    return values.mean(), values.std(ddof=1), errors.mean()


def test_sample_ratio_agrees_with_gbstats_and_scipy() -> None:
    gbstats = pytest.importorskip("gbstats.gbstats", reason="gbstats is not installed")
    for counts, shares in [((5000, 5200), (0.5, 0.5)), ((100, 230, 640), (0.1, 0.2, 0.7))]:
        named = {str(arm): count for arm, count in enumerate(counts)}
        found = check_sample_ratio(named, shares)
        expected = np.array(shares) * sum(counts)
        assert found.p == pytest.approx(chisquare(counts, expected).pvalue, rel=1e-10)
        assert found.p == pytest.approx(gbstats.check_srm(list(counts), list(shares)), rel=1e-10)


def test_a_mismatch_says_so_and_an_arm_without_share_must_be_empty() -> None:
    broken = check_sample_ratio({"plain": 5000, "remedied": 5400}, (0.5, 0.5))
    assert not broken.passed
    assert "MISMATCH" in broken.sentence()
    assert "5,000 of 5,200" in broken.sentence()
    assert check_sample_ratio({"a": 10, "b": 0}, (1.0, 0.0)).p == 1
    assert check_sample_ratio({"a": 10, "b": 1}, (1.0, 0.0)).p == 0
    assert check_sample_ratio({"a": 0, "b": 0}, (0.5, 0.5)).passed
    with pytest.raises(InputError, match="for each of 3 shares"):
        check_sample_ratio({"a": 1, "b": 2}, (0.2, 0.3, 0.5))


def test_a_difference_of_means_is_welchs() -> None:
    found, welch = difference(mean_of(ONE), mean_of(TWO)), ttest_ind(ONE, TWO, equal_var=False)
    assert found.value / found.se == pytest.approx(welch.statistic, rel=1e-10)
    low, high = welch.confidence_interval()
    interval = fixed_horizon(found)
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=0.01)


def test_relative_lift_is_that_of_gbstats() -> None:
    bayesian = pytest.importorskip("gbstats.bayesian.main", reason="gbstats is not installed")
    ours = fixed_horizon(difference(mean_of(ONE), mean_of(TWO)), relative=True)
    theirs = bayesian.gaussian_ab_test(
        TWO.mean(), TWO.std(ddof=1), len(TWO), ONE.mean(), ONE.std(ddof=1), len(ONE)
    )
    assert (ours.low, ours.high) == pytest.approx(theirs["ci"], abs=2e-3)
    assert ours.value == pytest.approx(ONE.mean() / TWO.mean() - 1)
    bought = RNG.random((2, 8000)) < np.array([[0.11], [0.10]])
    counts = bought.sum(axis=1)
    theirs = bayesian.binomial_ab_test(counts[1], 8000, counts[0], 8000)
    ours = fixed_horizon(difference(mean_of(bought[0]), mean_of(bought[1])), relative=True)
    assert (ours.low, ours.high) == pytest.approx(theirs["ci"], abs=2e-3)


def test_relative_lift_of_nothing_is_undefined() -> None:
    nothing = difference(mean_of(np.ones(200)), mean_of(np.zeros(200)))
    found = fixed_horizon(nothing, relative=True)
    assert np.isnan(found.value)
    assert found.verdict == 0


def test_rho_is_the_best_and_the_boundary_that_of_the_paper() -> None:
    def radius(rho, t=3000, alpha=0.1):
        inside = np.sqrt(t * rho**2 + 1) / alpha
        return np.sqrt(2 * (t * rho**2 + 1) / (t**2 * rho**2) * np.log(inside))

    best = minimize_scalar(lambda z: radius(np.exp(z)), bounds=(-10, 0), method="bounded")
    assert tuned_rho(3000, 0.1) == pytest.approx(np.exp(best.x), rel=1e-3)
    assert widening(3000, 3000, 0.1) == pytest.approx(radius(tuned_rho(3000, 0.1)) * np.sqrt(3000))
    near = [widening(n, 1000) / 1.959964 for n in (100, 1000, 10_000, 1_000_000)]
    assert max(near) < 2
    with pytest.raises(InputError, match="alpha in"):
        tuned_rho(100, 1.5)


def test_no_verdict_before_there_are_units() -> None:
    early = difference(mean_of(np.arange(60.0) + 100), mean_of(np.arange(200.0)))
    assert always_valid(early, planned=1000).width == np.inf
    assert always_valid(early, planned=1000, least=50).verdict == 1


def test_ratios_cluster_by_user() -> None:
    def users(rng, rate):
        visits = rng.poisson(3, 500) + 1
        own = rng.beta(2, 2 / rate, 500)
        return ratio_of(rng.binomial(visits * 5, own), visits * 5)

    _, real, claimed = repeated(lambda rng: difference(users(rng, 0.2), users(rng, 0.2)))
    assert claimed == pytest.approx(real, rel=0.12)
    naive = np.sqrt(2 * 0.17 * 0.83 / (500 * 20))
    assert claimed > 1.3 * naive
    with pytest.raises(InputError, match="more than 0"):
        ratio_of(np.zeros(3), np.zeros(3))
    with pytest.raises(InputError, match="at least one unit"):
        mean_of(np.zeros(0))


def test_cuped_is_unbiased_and_narrower_as_its_correlation_promises() -> None:
    def arm(rng, lift):
        before = rng.normal(0, 1, 400)
        return mean_of(0.8 * before + rng.normal(0, 0.6, 400) + lift, before=before)

    def draw(rng, corrected):
        arms = arm(rng, 0.2), arm(rng, 0.0)
        return difference(*(cuped(*arms) if corrected else arms))

    raw, less = (repeated(lambda rng, c=c: draw(rng, c)) for c in (False, True))
    assert less[0] == pytest.approx(0.2, abs=4 * less[1] / 20)
    assert less[2] == pytest.approx(less[1], rel=0.1)
    assert less[1] / raw[1] == pytest.approx(np.sqrt(1 - 0.64), rel=0.12)
    with pytest.raises(InputError, match="before the trial"):
        cuped(mean_of(ONE), mean_of(TWO))


def test_cuped_by_hand() -> None:
    one = mean_of(np.array([1.0, 2, 6]), before=np.array([0.0, 1, 2]))
    two = mean_of(np.array([0.0, 2, 1]), before=np.array([1.0, 2, 3]))
    arm, plain = cuped(one, two)
    theta = (5 + 1) / (2 + 2)
    assert arm.value == pytest.approx(3 - theta * (1 - 1.5))
    assert plain.value == pytest.approx(1 - theta * (2 - 1.5))
    flat = cuped(mean_of(ONE, before=np.zeros(900)), mean_of(TWO, before=np.zeros(1100)))
    assert flat[0].value == ONE.mean()


def test_strata_take_off_what_lies_between_them_and_claim_no_more() -> None:
    def arm(rng, lift):
        stratum = (rng.random(300) < 0.2).astype(int)
        return mean_of(4.0 * stratum + rng.normal(0, 1, 300) + lift * stratum, stratum=stratum)

    _, raw, _ = repeated(lambda rng: difference(arm(rng, 0.5), arm(rng, 0)))
    mean, real, claimed = repeated(lambda rng: stratified(arm(rng, 0.5), arm(rng, 0)))
    assert mean == pytest.approx(0.1, abs=4 * real / 20)
    assert claimed == pytest.approx(real, rel=0.1)
    assert real < 0.7 * raw
    with pytest.raises(InputError, match="needs `stratum`"):
        stratified(mean_of(ONE), mean_of(TWO))


def test_thin_strata_are_merged() -> None:
    few = np.array([0, 0, 0, 1, 2])
    one, two = (mean_of(np.arange(5.0) + lift, stratum=few) for lift in (1, 0))
    assert stratified(one, two).value == pytest.approx(1.0)
    alone = mean_of(np.arange(5.0), stratum=np.array([0, 0, 0, 0, 1]))
    assert stratified(alone, alone).value == 0
    assert np.isfinite(stratified(alone, alone).se)
