"""Less noise by what was known of a user before the trial."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from longshelf.errors import InputError
from longshelf.trials.effects import Arm

__all__ = ["cuped"]


def cuped(arm: Arm, plain: Arm) -> tuple[Arm, Arm]:
    """Take off what users' earlier behaviour explains: ``Y - theta * (X - mean X)`` [1]_.

    theta is the pooled regression slope within arms, so the difference stays unbiased and its
    variance falls by the squared correlation. Ratio metrics are corrected in their influences.

    Parameters
    ----------
    arm, plain : Arm
        With ``before``: something measured before a user met the trial, never after.

    Returns
    -------
    tuple of Arm
        The same two, corrected.

    Raises
    ------
    InputError
        No covariate.

    References
    ----------
    .. [1] Deng, Xu, Kohavi and Walker, Improving the Sensitivity of Online Controlled Experiments
       by Utilizing Pre-Experiment Data, WSDM 2013, eq. 4.

    Examples
    --------
    >>> from longshelf.trials import difference, mean_of
    >>> rng = np.random.default_rng(0)
    >>> def users(lift):
    ...     before = rng.normal(size=500)
    ...     return mean_of(before + lift + rng.normal(0, 0.3, 500), before=before)
    >>> arm, plain = users(0.1), users(0.0)
    >>> difference(*cuped(arm, plain)).se < difference(arm, plain).se / 2
    True
    """
    if arm.before is None or plain.before is None:
        raise InputError(
            "CUPED needs `before`, a number per unit from before the trial, in both arms"
        )
    whole = float(np.concatenate([arm.before, plain.before]).mean())
    sides = [(side, np.asarray(side.before, dtype=float)) for side in (arm, plain)]
    spread = sum(float(((x - x.mean()) ** 2).sum()) for _, x in sides)
    shared = sum(float(((x - x.mean()) * side.influence).sum()) for side, x in sides)
    theta = shared / spread if spread > 0 else 0.0
    corrected = [
        replace(
            side,
            value=side.value - theta * (float(x.mean()) - whole),
            influence=side.influence - theta * (x - x.mean()),
        )
        for side, x in sides
    ]
    return corrected[0], corrected[1]
