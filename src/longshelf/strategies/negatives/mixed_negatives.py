"""Mixed negative sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.negatives.drawn import SIZE
from longshelf.tables import FloatArray, IntArray, Rows, Targets

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["MixedNegatives"]


@dataclass(frozen=True, kw_only=True)
class MixedNegatives(Strategy):
    """Score each row against its batch's targets and others drawn evenly, each once.

    In-batch negatives never show the learner a target nobody chose; the even ones do, and the
    tail stops riding on having no negatives [1]_. The paper learns with the correction: write
    ``MixedNegatives + LogQ``. Here each target stands once, so its ``log q`` is the log
    probability that either law brought it in, ``1 - (1 - p)**B * (1 - 1/C)**k``.

    Parameters
    ----------
    size : int >= 1 or None, default None
        Targets drawn per batch; None takes the model's ``negatives``, or 256 where that is 0.

    References
    ----------
    .. [1] Yang et al., Mixed Negative Sampling for Learning Two-tower Neural Networks in
       Recommendations, WWW Companion 2020, section 3.2.

    Examples
    --------
    >>> MixedNegatives(size=128).hooks
    frozenset({'negatives'})
    """

    size: int | None = None

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise InputError(f"MixedNegatives draws at least 1 target, got {self.size}")

    def negatives(
        self, rows: Rows, targets: Targets, k: int, net: Net, rng: np.random.Generator
    ) -> tuple[IntArray, FloatArray]:
        size = self.size or k or SIZE
        drawn = rng.integers(len(targets), size=size)
        ids = np.union1d(drawn, rows.code)
        missed = len(rows) * np.log1p(-targets.seen_prior[ids].clip(max=1 - 1e-9))
        missed += size * np.log1p(-1 / max(len(targets), 2))
        return ids, np.log(-np.expm1(missed))
