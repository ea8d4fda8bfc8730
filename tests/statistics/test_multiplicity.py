"""Adjusted p-values against statsmodels; ranks and tests across data sets by other hands."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from longshelf.errors import InputError
from longshelf.statistics import (
    bayesian_signed_rank,
    benjamini_hochberg,
    friedman,
    holm,
    jackknife,
    ranks,
    wilcoxon_holm,
)


@pytest.mark.parametrize("seed", range(20))
def test_adjusted_p_equal_statsmodels(seed):
    rng = np.random.default_rng(seed)
    p = rng.random(rng.integers(1, 30)).round(2) ** 2
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)
    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1], abs=1e-12)


def test_absent_tests_do_not_count():
    p = np.array([0.01, np.nan, 0.04])
    for adjust in (holm, benjamini_hochberg):
        assert adjust(p)[[0, 2]] == pytest.approx(adjust(p[[0, 2]]))
        assert np.isnan(adjust(p)[1])
    stacked = np.stack([p, p[::-1]])
    assert holm(stacked)[1] == pytest.approx(holm(p)[::-1], nan_ok=True)


def test_ranks_keep_ties_that_are_not_transitive():
    better = np.zeros((3, 3), dtype=bool)
    better[0, 2] = True
    assert ranks(better).tolist() == [1, 1, 2]


def test_friedman_without_ties_is_scipys_chi_square_turned_into_f():
    values = np.random.default_rng(0).normal(size=(12, 4)) + np.arange(4) * 0.4
    found = friedman(values)
    chi = stats.friedmanchisquare(*values.T).statistic
    assert found.statistic == pytest.approx(11 * chi / (12 * 3 - chi))
    assert found.mean_ranks.argmin() == 3
    with pytest.raises(InputError, match="2 data sets and 3 arms"):
        friedman(values[:, :2])


def test_wilcoxon_pairs_are_scipys_adjusted():
    values = np.random.default_rng(1).normal(size=(15, 3)) + np.arange(3) * 0.6
    raw = [stats.wilcoxon(values[:, i] - values[:, j]).pvalue for i, j in ((0, 1), (0, 2), (1, 2))]
    table = wilcoxon_holm(values)
    assert table[np.triu_indices(3, 1)] == pytest.approx(multipletests(raw, method="holm")[1])


def test_signed_rank_separates_equivalence_from_ignorance():
    rng = np.random.default_rng(0)
    small = bayesian_signed_rank(rng.normal(0, 0.001, 20), 0.01, rng)
    assert small.equivalent > 0.95
    wide = bayesian_signed_rank(rng.normal(0, 0.1, 20), 0.01, rng)
    assert wide.equivalent < 0.5
    assert wide.worse + wide.equivalent + wide.better == pytest.approx(1.0)


def test_jackknife_gives_the_error_of_a_mean_and_covers_coverage():
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000)
    found = jackknife(lambda kept: float(x[kept].mean()), 2000, rng)
    assert found.se == pytest.approx(x.std(ddof=1) / np.sqrt(2000), rel=0.3)
    law = 1 / np.arange(1, 301)
    law = law / law.sum()

    def draw():
        return rng.choice(300, size=(800, 2), p=law)

    def covered(lists):
        return lambda kept: len(np.unique(lists[kept])) / 300

    truth = np.mean([covered(draw())(np.arange(800)) for _ in range(300)])
    runs = [jackknife(covered(draw()), 800, rng) for _ in range(100)]
    assert np.mean([run.low <= truth <= run.high for run in runs]) > 0.88
