"""One arm against another, paired on the units that were sampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError
from longshelf.statistics.variance import Crossed
from longshelf.tables import FloatArray, IntArray

__all__ = ["Difference", "Units", "difference"]

ENOUGH_SEEDS = 3
"""Under this many seeds there are figures and no verdict."""


@dataclass(frozen=True, kw_only=True)
class Units:
    """One arm on one seed.

    Parameters
    ----------
    seed : int
        Which run.
    value : float
        The metric.
    id : (n,) int array
        The sampled unit of each row; the same number is the same unit in every seed.
    influence : (n,) float array
        Of each row on the value: mean 0.
    """

    seed: int
    value: float
    id: IntArray
    influence: FloatArray


@dataclass(frozen=True)
class Difference:
    """A paired difference of seed means.

    Parameters
    ----------
    value, low, high : float
        Arm less baseline, and its 95% interval.
    p : float
        Two-sided; NaN under three seeds.
    se : float
        Standard error.
    effect : float
        The difference in units of the baseline's own standard deviation over rows, as Cohen's d.
    seeds : int
        Seeds both arms have.
    """

    value: float
    low: float
    high: float
    p: float
    se: float
    effect: float
    seeds: int


def difference(
    arm: Sequence[Units], baseline: Sequence[Units], *, redrawn: bool, level: float = 0.95
) -> Difference:
    """Compare two arms on the seeds and units they share.

    What is inferred: the difference on new units from the same source, averaged over seeds. Units
    enter through their influences, which is the limit of a bootstrap that resamples units and
    carries each one's rows in all seeds. A training part that every seed shares, in whole or in
    part, is held fixed.

    Parameters
    ----------
    arm, baseline : sequences of Units
        One per seed.
    redrawn : bool
        Whether every seed draws its own split.
    level : float, default 0.95
        Coverage of the interval.

    Raises
    ------
    InputError
        If no seed is common, or the rows of a seed differ.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> def units(seed, right):
    ...     return Units(seed=seed, value=right.mean(), id=np.arange(400),
    ...                  influence=right - right.mean())
    >>> arm = [units(s, (rng.random(400) < 0.9).astype(float)) for s in range(3)]
    >>> plain = [units(s, (rng.random(400) < 0.6).astype(float)) for s in range(3)]
    >>> found = difference(arm, plain, redrawn=False)
    >>> found.low > 0, found.seeds
    (True, 3)
    """
    ours, theirs = ({part.seed: part for part in side} for side in (arm, baseline))
    common = sorted(set(ours) & set(theirs))
    if not common:
        raise InputError(f"the arms share no seed: {sorted(ours)} and {sorted(theirs)}")
    for seed in common:
        if not np.array_equal(ours[seed].id, theirs[seed].id):
            raise InputError(f"the arms were measured on different rows in seed {seed}")
    crossed = Crossed.of(
        np.array([[ours[s].value, theirs[s].value] for s in common]),
        [np.stack([ours[s].influence, theirs[s].influence], axis=1) for s in common],
        [ours[s].id for s in common],
        redrawn,
    )
    one, other = np.array([0]), np.array([1])
    value, low, high, p, se = (float(part[0]) for part in crossed.compare(one, other, level))
    spread = float(np.sqrt(np.mean([np.var(theirs[s].influence) for s in common])))
    effect = value / spread if spread > 0 else float("nan")
    p = p if len(common) >= ENOUGH_SEEDS else float("nan")
    return Difference(value, low, high, p, se, effect, len(common))
