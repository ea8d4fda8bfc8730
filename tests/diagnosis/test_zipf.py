"""The power-law fit against a grid, SciPy's zipfian and simulation."""

import numpy as np
import pytest
from scipy.stats import zipfian

from longshelf.diagnosis.zipf import Zipf


def drawn(exponent, classes, rows, seed):
    ranks = np.arange(1, classes + 1)
    share = ranks**-exponent / (ranks**-exponent).sum()
    return np.random.default_rng(seed).multinomial(rows, share).astype(float)


def test_estimate_has_the_greatest_likelihood_on_a_grid():
    sizes = np.sort(np.random.default_rng(0).lognormal(3, 1.5, 80).round() + 1)[::-1]
    ranks, grid = np.arange(1, 81), np.linspace(0.5, 2.5, 2001)
    likelihood = [sizes @ zipfian.logpmf(ranks, s, 80) for s in grid]
    fitted = Zipf.fit(sizes)
    assert fitted.exponent == pytest.approx(grid[np.argmax(likelihood)], abs=0.001)


@pytest.mark.parametrize("exponent", [0.7, 1.0, 1.5])
def test_interval_covers_where_the_law_holds(exponent):
    fits = [Zipf.fit(drawn(exponent, 60, 40_000, seed)) for seed in range(60)]
    covered = np.mean([fit.low <= exponent <= fit.high for fit in fits])
    assert covered >= 0.85
    assert np.mean([fit.dispersion for fit in fits]) < 1.3
    assert np.mean([fit.high - fit.low for fit in fits]) < 0.05


def test_interval_widens_where_the_law_does_not_hold():
    true = Zipf.fit(drawn(1.0, 60, 40_000, 0))
    broken = Zipf.fit(np.concatenate([np.full(30, 1200.0), np.full(30, 20.0)]))
    assert broken.dispersion > 50
    assert broken.high - broken.low > 5 * (true.high - true.low)
    assert broken.distance > 0.1


def test_order_and_zeros_do_not_matter():
    sizes = drawn(1.2, 50, 5000, 1)
    shuffled = np.random.default_rng(2).permutation(np.append(sizes, [0.0, 0.0]))
    assert Zipf.fit(shuffled) == Zipf.fit(sizes)


def test_even_sizes_have_no_slope_and_few_classes_no_fit():
    even = Zipf.fit(np.full(20, 50.0))
    assert (even.exponent, even.low) == (0.0, 0.0)
    assert Zipf.fit(np.array([5.0, 4, 3, 2])) is None


def test_expected_sizes_sum_to_the_rows():
    fitted = Zipf.fit(drawn(1.1, 30, 3000, 3))
    assert fitted.sizes(3000, 30).sum() == pytest.approx(3000)
