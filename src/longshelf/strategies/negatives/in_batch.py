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

    Cheap for large catalogues; popular targets appear in more batches, which :class:`LogQ`
    corrects [1]_. In the paper a target counts as often as it occurs and q is its share p of the
    rows; here it counts once, so q is the probability that a batch of B rows holds it,
    ``1 - (1 - p)**B``: close to ``B p`` for the rare, and 1 for what is in every batch.

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
        absent = len(rows) * np.log1p(-targets.seen_prior[ids].clip(max=1 - 1e-9))
        return ids, np.log(-np.expm1(absent))
