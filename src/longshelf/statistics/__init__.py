"""Differences with honest intervals: paired, clustered by unit, corrected for many tests."""

from longshelf.statistics.across import bayesian_signed_rank, friedman, wilcoxon_holm
from longshelf.statistics.compare import compare_all, compare_pair
from longshelf.statistics.difference import Difference, Units, difference
from longshelf.statistics.jackknife import jackknife
from longshelf.statistics.multiplicity import benjamini_hochberg, holm, ranks
from longshelf.statistics.pareto import pareto

__all__ = [
    "Difference",
    "Units",
    "bayesian_signed_rank",
    "benjamini_hochberg",
    "compare_all",
    "compare_pair",
    "difference",
    "friedman",
    "holm",
    "jackknife",
    "pareto",
    "ranks",
    "wilcoxon_holm",
]
