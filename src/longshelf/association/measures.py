"""How strong a rule is, and how sure one can be of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import ndtri

from longshelf.tables import FloatArray

__all__ = ["MEASURES", "NEUTRAL", "measures"]

MEASURES = ("support", "confidence", "lift", "leverage", "conviction")
NEUTRAL = {"support": 0.0, "confidence": 0.0, "lift": 1.0, "leverage": 0.0, "conviction": 1.0}
"""The value of a rule whose two sides have nothing to do with each other, where there is one."""


def measures(
    both: FloatArray, first: FloatArray, second: FloatArray, total: float, level: float = 0.95
) -> Mapping[str, FloatArray]:
    """Every measure of rules A → B, with intervals over baskets.

    ``support`` P(AB), ``confidence`` P(B | A), ``lift`` P(AB) / (P(A) P(B)), ``leverage``
    P(AB) - P(A) P(B) [1]_, ``conviction`` P(A) P(not B) / P(A, not B) [2]_. Shares have Wilson
    intervals, leverage that of its influences, ratios the wider of both kinds. They hold for one rule named beforehand: the best of many mined
    rules looks better than it is.

    Parameters
    ----------
    both, first, second : (r,) float arrays
        Baskets with A and B, with A, with B.
    total : float
        All baskets.
    level : float, default 0.95
        Coverage of the intervals.

    Returns
    -------
    mapping of name, ``name_low`` and ``name_high`` to (r,) float array

    References
    ----------
    .. [1] Piatetsky-Shapiro, Discovery, Analysis, and Presentation of Strong Rules, 1991.
    .. [2] Brin et al., Dynamic Itemset Counting and Implication Rules, SIGMOD 1997, section 4.

    Examples
    --------
    >>> found = measures(np.array([20.0]), np.array([40.0]), np.array([25.0]), 100.0)
    >>> {name: round(float(found[name][0]), 3) for name in MEASURES}
    {'support': 0.2, 'confidence': 0.5, 'lift': 2.0, 'leverage': 0.1, 'conviction': 1.5}
    """
    z = float(ndtri((1 + level) / 2))
    ab, a, b = both / total, first / total, second / total
    found = _share("support", both, np.full_like(both, total), z)
    found |= _share("confidence", both, first, z)
    found |= _lift("lift", ab, a, b, total, z)
    leverage = ab - a * b
    wide = z * np.sqrt(_variance(ab, a, b, lambda inside, of_a, of_b: (
        inside - b * of_a - a * of_b - (ab - 2 * a * b)
    )) / total)  # fmt: skip
    found |= {
        "leverage": leverage,
        "leverage_low": leverage - wide,
        "leverage_high": leverage + wide,
    }
    return found | _conviction(ab, a, b, total, z)


def _share(name: str, hits: FloatArray, of: FloatArray, z: float) -> dict[str, FloatArray]:
    """A share with the interval of Wilson."""
    of = np.maximum(of, 1e-12)
    p = hits / of
    middle = (p + z**2 / (2 * of)) / (1 + z**2 / of)
    wide = z * np.sqrt(p * (1 - p) / of + z**2 / (4 * of**2)) / (1 + z**2 / of)
    low, high = np.maximum(middle - wide, 0.0), np.minimum(middle + wide, 1.0)
    return {name: p, f"{name}_low": low, f"{name}_high": high}


def _lift(
    name: str, ab: FloatArray, a: FloatArray, b: FloatArray, total: float, z: float
) -> dict[str, FloatArray]:
    """P(AB) / (P(A) P(B)) with the wider of two intervals.

    That of its logarithm is blind where every basket of the rarer side holds the other one; that
    of the share of these baskets is blind to the commoner side.
    """
    rare, common = np.minimum(a, b), np.maximum(a, b)
    share = _share("of", ab * total, rare * total, z)
    with np.errstate(divide="ignore", invalid="ignore"):
        lift = ab / (a * b)
        square = _variance(
            ab, a, b, lambda inside, of_a, of_b: inside / ab - of_a / a - of_b / b + 1
        )
        spread = np.nan_to_num(np.exp(z * np.sqrt(square / total)), nan=1.0)
        return {
            name: lift,
            f"{name}_low": np.minimum(lift / spread, share["of_low"] / common),
            f"{name}_high": np.maximum(lift * spread, share["of_high"] / common),
        }


def _conviction(
    ab: FloatArray, a: FloatArray, b: FloatArray, total: float, z: float
) -> dict[str, FloatArray]:
    """One over the lift of A with what is not B; infinite where A never comes without B."""
    against = _lift("lift", a - ab, a, 1 - b, total, z)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "conviction": 1 / against["lift"],
            "conviction_low": 1 / against["lift_high"],
            "conviction_high": 1 / against["lift_low"],
        }


def _variance(
    ab: FloatArray,
    a: FloatArray,
    b: FloatArray,
    influence: Callable[[float, float, float], FloatArray],
) -> FloatArray:
    """Mean square of what one basket adds, over the four kinds of baskets; (r,)."""
    cells = ((1.0, 1.0, ab), (1.0, 0.0, a - ab), (0.0, 1.0, b - ab), (0.0, 0.0, 1 - a - b + ab))
    square = np.zeros_like(ab)
    for of_a, of_b, share in cells:
        square += np.where(share > 0, share, 0.0) * influence(of_a * of_b, of_a, of_b) ** 2
    return square
