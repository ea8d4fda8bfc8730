"""Self-paced ensemble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import softmax

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies.base import Strategy
from longshelf.strategies.resample.delivery import codes, validate_floor
from longshelf.strategies.resample.random_under import cap_counts, capped
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.base import Fitted, Model

__all__ = ["SelfPaced", "binned_law"]


def binned_law(hardness: FloatArray, bins: int, alpha: float) -> FloatArray:
    """Drawing probabilities of the rows of one target; (n,), summing to 1.

    Each hardness bin is drawn in proportion to ``1 / (mean hardness + alpha)``, its rows evenly:
    at ``alpha=0`` every bin contributes the same hardness, at infinity every bin the same number.

    Examples
    --------
    >>> binned_law(np.array([0.1, 0.1, 0.9]), 2, 0.0).round(2).tolist()
    [0.45, 0.45, 0.1]
    """
    low, high = hardness.min(), hardness.max()
    span = high - low if high > low else 1.0
    place = np.minimum(((hardness - low) / span * bins).astype(np.int64), bins - 1)
    size = np.bincount(place, minlength=bins)
    mean = np.bincount(place, weights=hardness, minlength=bins) / np.maximum(size, 1)
    weight = np.where(size > 0, 1 / np.maximum(mean + alpha, 1e-9), 0.0)
    law = (weight / np.maximum(size, 1))[place]
    return np.asarray(law / law.sum())


@dataclass(frozen=True, kw_only=True)
class SelfPaced(Strategy):
    """Under-sample each member's frequent targets by how hard their rows are so far.

    Hardness is one minus the probability of the label under the members before; bins of hardness
    are evened out, first in summed hardness, later in number, as ``alpha = tan(i pi / 2n)`` grows
    [1]_. Ours treats every target above the cap as the paper treats its majority. The first member
    is drawn at random and, as in the paper, not kept.

    Parameters
    ----------
    members : int >= 1, default 10
    bins : int >= 1, default 10
        Hardness bins of each target.
    to : int, "median" or "balance", default "median"
        Most rows of a target in one part, as for :class:`RandomUnder`.

    References
    ----------
    .. [1] Liu et al., Self-paced Ensemble for Highly Imbalanced Massive Data Classification,
       ICDE 2020, arXiv:1909.03500, algorithm 1.

    Examples
    --------
    >>> SelfPaced(members=4).hooks
    frozenset({'fit'})
    """

    members: int = 10
    bins: int = 10
    to: int | Literal["median", "balance"] = "median"

    def __post_init__(self) -> None:
        if self.members < 1 or self.bins < 1:
            raise InputError(
                f"SelfPaced needs members and bins from 1, got {self.members} and {self.bins}"
            )
        validate_floor("SelfPaced", self.to, ("median", "balance"))

    def fit(
        self,
        model: Model,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> Fitted:
        from longshelf.strategies.ensemble.members import Members, fit_part

        code = codes(rows, "SelfPaced")
        if targets.kind != "class":
            raise NotApplicable(f"SelfPaced reads class probabilities, not {targets.kind} targets")
        goal = cap_counts(targets.count(code), self.to)
        total = np.zeros((len(code), len(targets)))
        fitted = []
        streams = rng.spawn(self.members + 1)
        index = capped(code, goal, streams[0])
        for i, stream in enumerate(streams):
            if i:
                hardness = 1 - total[np.arange(len(code)), code] / i
                alpha = np.tan(np.pi / 2 * i / (self.members + 1))
                index = self._drawn(code, goal, hardness, alpha, stream)
            fitted.append(fit_part(model, X, rows, index, valid, targets, strategy, stream))
            total += softmax(fitted[-1].scores(X).astype(float), axis=1)
        return Members(fitted[1:], targets)

    def _drawn(
        self,
        code: IntArray,
        goal: dict[int, int],
        hardness: FloatArray,
        alpha: float,
        rng: np.random.Generator,
    ) -> IntArray:
        parts = []
        for c, n in goal.items():
            own = np.flatnonzero(code == c)
            if len(own) > n:
                law = binned_law(hardness[own], self.bins, alpha)
                own = rng.choice(own, n, replace=False, p=law)
            parts.append(own)
        return np.concatenate(parts)
