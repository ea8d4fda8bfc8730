"""Which way is better, by the id in a results table."""

from __future__ import annotations

from functools import cache

from longshelf.components import known

__all__ = ["smaller_is_better"]

SPREADS = frozenset({"gap", "std"})
DIFFERENCES = frozenset({"demographic_parity_difference", "equalized_odds_difference"})


@cache
def _small() -> frozenset[str]:
    every = (cls() for cls in known("metric").values())
    falling = (one.id for one in every if not one.greater_is_better)
    return frozenset(_stem(name) for name in falling) | DIFFERENCES


def _stem(metric: str) -> str:
    return metric.partition("@")[0].partition("(")[0]


def smaller_is_better(metric: str, slice: str = "all", axis: str = "all") -> bool:
    """Whether a smaller value is the better one.

    Parameters
    ----------
    metric : str
        The id; one that is not of this library counts as greater is better.
    slice, axis : str
        A gap or a standard deviation between groups is better small, whatever the metric.

    Examples
    --------
    >>> smaller_is_better("brier"), smaller_is_better("macro_f1", "gap", "gender")
    (True, True)
    """
    if axis not in ("all", "target") and slice in SPREADS:
        return True
    if axis not in ("all", "target") and slice == "ratio":
        return False
    return _stem(metric) in _small()
