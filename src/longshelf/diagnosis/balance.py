"""How uneven a count is: of rows over classes, or of interactions over users and items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.tables import FloatArray

__all__ = ["Balance", "gini", "lorenz"]


def gini(counts: FloatArray) -> float:
    """Gini coefficient, zeros included; 0 is even, 1 is all on one.

    ``Σ (2i - n - 1) x_(i) / ((n - 1) Σ x)`` with x ascending and i from 1; 0 for a single target.

    Examples
    --------
    >>> gini(np.array([0.0, 0, 6])), gini(np.array([2.0, 2, 2])), gini(np.array([1.0, 3]))
    (1.0, 0.0, 0.5)
    """
    ordered = np.sort(np.asarray(counts, dtype=float))
    n = len(ordered)
    if n < 2 or ordered.sum() == 0:
        return 0.0
    weights = 2 * np.arange(1, n + 1) - n - 1
    return float(weights @ ordered / ((n - 1) * ordered.sum()))


def lorenz(counts: FloatArray, points: int = 200) -> list[tuple[float, float]]:
    """Share of rows held by the smallest share of targets, from (0, 0) to (1, 1).

    Parameters
    ----------
    counts : (C,) float array
        Rows per target.
    points : int, default 200
        At most about this many points.

    Examples
    --------
    >>> lorenz(np.array([3.0, 1.0]))
    [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)]
    """
    held = np.concatenate([[0.0], np.cumsum(np.sort(counts))])
    at = np.unique(np.linspace(0, len(counts), min(points, len(counts)) + 1).astype(np.int64))
    return [(float(i / len(counts)), float(held[i] / held[-1])) for i in at]


@dataclass(frozen=True, kw_only=True)
class Balance:
    """How evenly rows fall on classes.

    Parameters
    ----------
    rows, classes : int
        Labelled rows and classes that have any.
    largest, smallest : int
        Rows of the largest and of the smallest class.
    ratio : float
        ``largest / smallest``, the imbalance ratio.
    entropy : float, nats
        Of the class shares.
    effective : float
        ``exp(entropy)``: the number of equally large classes that would be as hard to guess.
    gini : float in [0, 1]
        Of the class sizes.
    under_10 : int
        Classes with fewer than ten rows.
    minority : float
        Share of the smallest class.
    """

    rows: int
    classes: int
    largest: int
    smallest: int
    ratio: float
    entropy: float
    effective: float
    gini: float
    under_10: int
    minority: float

    @classmethod
    def of(cls, counts: FloatArray) -> Balance:
        """The balance of these class sizes, all at least one; (C,).

        Examples
        --------
        >>> Balance.of(np.array([8.0, 4, 4])).ratio
        2.0
        """
        share = counts / counts.sum()
        entropy = float(-(share @ np.log(share)))
        return cls(
            rows=int(counts.sum()),
            classes=len(counts),
            largest=int(counts.max()),
            smallest=int(counts.min()),
            ratio=float(counts.max() / counts.min()),
            entropy=entropy,
            effective=float(np.exp(entropy)),
            gini=gini(counts),
            under_10=int((counts < 10).sum()),
            minority=float(share.min()),
        )
