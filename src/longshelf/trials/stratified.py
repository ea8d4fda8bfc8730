"""Parts of the users weighed as they are in all of them, not as chance dealt them to the arms."""

from __future__ import annotations

import numpy as np

from longshelf.errors import InputError
from longshelf.tables import BoolArray, FloatArray, IntArray
from longshelf.trials.effects import Arm, Effect

__all__ = ["stratified"]

FEWEST = 2


def stratified(arm: Arm, plain: Arm) -> Effect:
    """Difference of two arms, post-stratified [1]_: ``sum over s of w_s (arm_s - plain_s)``.

    ``w_s`` is a stratum's share of the units of both arms. A stratum with fewer than two units in
    an arm is merged with all others of that kind. The variance includes that the shares
    themselves are a sample.

    Parameters
    ----------
    arm, plain : Arm
        With ``stratum``: the user's group, or whether they bought head or tail before the trial;
        never something the trial can change.

    Raises
    ------
    InputError
        No strata.

    References
    ----------
    .. [1] Miratrix, Sekhon and Yu, Adjusting treatment effect estimates by post-stratification in
       randomized experiments, JRSS B 75, 2013, eq. 3.

    Examples
    --------
    >>> from longshelf.trials import mean_of
    >>> one = mean_of(np.array([1.0, 1, 1, 5, 5]), stratum=np.array([0, 0, 0, 1, 1]))
    >>> two = mean_of(np.array([1.0, 1, 5, 5, 5]), stratum=np.array([0, 0, 1, 1, 1]))
    >>> round(stratified(one, two).value, 12)
    0.0
    """
    if arm.stratum is None or plain.stratum is None:
        raise InputError("post-stratification needs `stratum`, one number per unit, in both arms")
    found = np.unique(np.concatenate([arm.stratum, plain.stratum]), return_inverse=True)[1]
    codes = _merged(found, len(arm.stratum))
    weight = np.bincount(codes) / len(codes)
    parts = []
    for side, inside in ((arm, codes[: len(arm.stratum)]), (plain, codes[len(arm.stratum) :])):
        parts.append((side.value, *_cut(side.influence, inside, len(weight))))
    n, used = len(codes), weight > 0
    values, middles, variances = zip(*parts, strict=True)
    centred = [middle - weight @ middle for middle in middles]
    within = [float((weight[used] ** 2 * variance[used]).sum()) for variance in variances]
    between = [float(weight @ (middle**2)) / n for middle in centred]
    return Effect(
        arm=values[0] + float(weight @ middles[0]),
        plain=values[1] + float(weight @ middles[1]),
        arm_variance=within[0] + between[0],
        plain_variance=within[1] + between[1],
        covariance=float(weight @ (centred[0] * centred[1])) / n,
        n=n,
        smaller=min(len(arm.influence), len(plain.influence)),
    )


def _merged(codes: IntArray, first: int) -> IntArray:
    """Strata too thin in an arm become one; with what is left too thin, all are one."""
    for _ in range(2):
        count = int(codes.max()) + 1
        thin = _thin(codes[:first], count) | _thin(codes[first:], count)
        if not thin.any():
            return codes
        kept = np.cumsum(~thin) - 1
        codes = np.where(thin, kept.max() + 1, kept)[codes]
    count = int(codes.max()) + 1
    thin = _thin(codes[:first], count) | _thin(codes[first:], count)
    return np.zeros_like(codes) if thin.any() else codes


def _thin(codes: IntArray, count: int) -> BoolArray:
    return np.asarray(np.bincount(codes, minlength=count) < FEWEST)


def _cut(influence: FloatArray, codes: IntArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Mean influence of each stratum, and the variance of that mean; (S,) each."""
    n = np.maximum(np.bincount(codes, minlength=count), 1)
    middle = np.bincount(codes, influence, count) / n
    square = np.bincount(codes, (influence - middle[codes]) ** 2, count)
    return middle, square / np.maximum(n - 1, 1) / n
