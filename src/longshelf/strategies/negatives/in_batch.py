"""In-batch negatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Rows, Targets

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["InBatch"]


@dataclass(frozen=True, kw_only=True)
class InBatch(Strategy):
    """Score each row against the targets of its own batch, each once.

    Cheap for large catalogues; popular targets appear more often, with probability in proportion
    to their training count, which :class:`LogQ` corrects [1]_.

    References
    ----------
    .. [1] Yi et al., Sampling-Bias-Corrected Neural Modeling for Large Corpus Item
       Recommendations, RecSys 2019, eq. 2.

    Examples
    --------
    >>> InBatch().hooks
    frozenset({'negatives'})
    """

    def negatives(
        self, rows: Rows, targets: Targets, k: int, net: Net, rng: np.random.Generator
    ) -> tuple[IntArray, FloatArray]:
        ids = np.unique(rows.code)
        return ids, np.log(targets.prior[ids])
