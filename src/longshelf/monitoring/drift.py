"""Whether what comes in now looks like what came in before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import chdtrc, kolmogorov
from scipy.stats import rankdata

from longshelf.errors import InputError
from longshelf.tables import FloatArray

__all__ = ["Drift", "drift_of", "ks", "popularity", "psi", "words"]

BINS = 10
MOST = 30
WORD = "[a-z0-9]+|[\u4e00-\u9fff]"


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One input now beside the reference.

    Parameters
    ----------
    name : str
        Of the input.
    psi : float
        Population stability index; 0.1 is usually called small, 0.25 large.
    p : float
        Of a two-sample test: Kolmogorov-Smirnov for numbers, chi-square for the rest. Rows of one
        answer are not independent, so it is read together with the index, never alone.
    rows : int
        Now.
    bins : int
        Of the index.
    """

    name: str
    psi: float
    p: float
    rows: int
    bins: int

    def excess(self, reference: int, now: int) -> float:
        """The index less what chance alone gives, ``(bins - 1) (1 / reference + 1 / now)``; 0 at least.

        Parameters
        ----------
        reference, now : int
            Independent units on both sides: answers, not the items in them.
        """
        chance = (self.bins - 1) * (1 / max(reference, 1) + 1 / max(now, 1))
        return max(self.psi - chance, 0.0)


def psi(reference: FloatArray, now: FloatArray) -> float:
    """Population stability index of counts: ``sum (q - p) log(q / p)``; half a row is lent to each bin.

    Parameters
    ----------
    reference, now : (B,) float arrays
        Rows per bin.

    Raises
    ------
    InputError
        Bins that do not match.

    References
    ----------
    .. [1] Siddiqi, Credit Risk Scorecards, 2006; it is the symmetrised Kullback-Leibler divergence.

    Examples
    --------
    >>> psi(np.array([50.0, 50]), np.array([50.0, 50]))
    0.0
    """
    if len(reference) != len(now) or not len(now):
        raise InputError(f"an index compares equal bins, got {len(reference)} and {len(now)}")
    p, q = ((part + 0.5) / (part + 0.5).sum() for part in (np.asarray(reference), np.asarray(now)))
    return float(((q - p) * np.log(q / p)).sum())


def ks(reference: FloatArray, now: FloatArray) -> float:
    """p-value of the two-sample Kolmogorov-Smirnov test, by its limit law.

    Parameters
    ----------
    reference, now : (n,), (m,) float arrays
        Numbers without NaN.

    Examples
    --------
    >>> ks(np.arange(100.0), np.arange(100.0))
    1.0
    """
    every = np.concatenate([reference, now])
    below = [
        np.searchsorted(np.sort(part), every, side="right") / len(part) for part in (reference, now)
    ]
    size = len(reference) * len(now) / len(every)
    return float(kolmogorov(np.sqrt(size) * np.abs(below[0] - below[1]).max()))


def words(titles: pl.Series) -> pl.Series:
    """Words of each title, Chinese by character; a list a row."""
    return titles.fill_null("").str.to_lowercase().str.extract_all(WORD)


def drift_of(name: str, reference: pl.Series, now: pl.Series) -> Drift | None:
    """Compare one column; None where either side is empty.

    Numbers are cut at the reference's deciles; other values are their 30 most frequent and the rest.

    Parameters
    ----------
    name : str
        What to call it.
    reference, now : polars.Series
        Of one kind.

    Examples
    --------
    >>> found = drift_of("price", pl.Series([1.0, 2, 3, 4] * 50), pl.Series([3.0, 4, 5, 6] * 50))
    >>> found.psi > 0.25, found.p < 0.001
    (True, True)
    """
    reference, now = reference.drop_nulls(), now.drop_nulls()
    if not len(reference) or not len(now):
        return None
    if reference.dtype.is_numeric():
        old, new = (part.to_numpy().astype(float) for part in (reference, now))
        cuts = np.unique(np.quantile(old, np.arange(1, BINS) / BINS))
        counts = [
            np.bincount(np.searchsorted(cuts, part, side="right"), minlength=len(cuts) + 1).astype(float)
            for part in (old, new)
        ]  # fmt: skip
        return Drift(name=name, psi=psi(*counts), p=ks(old, new), rows=len(new), bins=len(cuts) + 1)
    often = (
        reference.rename("value")
        .value_counts(sort=True)
        .sort(["count", "value"], descending=[True, False])
    )
    both = often.head(MOST).join(now.rename("value").value_counts(), on="value", how="left")
    table = both.select("count", pl.col("count_right").fill_null(0)).to_numpy().astype(float)
    rest = np.array([[len(reference), len(now)]]) - table.sum(axis=0)
    old, new = np.concatenate([table, rest]).T
    return Drift(
        name=name, psi=psi(old, new), p=_chi_square(old, new), rows=len(now), bins=len(old)
    )


def _chi_square(one: FloatArray, two: FloatArray) -> float:
    """p-value of equal shares in two columns of counts."""
    table = np.stack([one, two])[:, (one + two) > 0]
    if table.shape[1] < 2:
        return 1.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    return float(chdtrc(table.shape[1] - 1, ((table - expected) ** 2 / expected).sum()))


def popularity(reference: pl.Series, now: pl.Series) -> tuple[float, float]:
    """Rank correlation of the items' exposures with before, and the share that went to new items.

    Parameters
    ----------
    reference, now : polars.Series
        The item of every exposure.

    Returns
    -------
    tuple of float
        Spearman's correlation over items shown in either (NaN if there is nothing to rank), and
        the share of exposures of items the reference never showed.

    Examples
    --------
    >>> popularity(pl.Series(["a", "a", "b"]), pl.Series(["a", "a", "b", "c"]))[1]
    0.25
    """
    old, new = (part.rename("item").value_counts() for part in (reference, now))
    both = old.join(new, on="item", how="full", coalesce=True, suffix=" now").sort("item")
    counts = both.select(pl.col("count", "count now").fill_null(0)).to_numpy().astype(float)
    fresh = float(counts[counts[:, 0] == 0, 1].sum() / max(counts[:, 1].sum(), 1))
    ranks = [rankdata(counts[:, side]) for side in (0, 1)]
    if len(counts) < 3 or min(np.ptp(rank) for rank in ranks) == 0:
        return float("nan"), fresh
    return float(np.corrcoef(ranks)[0, 1]), fresh
