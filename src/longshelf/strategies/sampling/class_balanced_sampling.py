"""Class-balanced sampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.strategies.base import Strategy
from longshelf.strategies.weight.per_row import per_row
from longshelf.tables import FloatArray, Rows, Targets

__all__ = ["ClassBalancedSampling"]


@dataclass(frozen=True, kw_only=True)
class ClassBalancedSampling(Strategy):
    """Draw targets evenly, then a row of the target.

    A row of target c is drawn with probability in proportion to ``1 / n_c`` [1]_. A row of
    several targets takes the mean of theirs.

    References
    ----------
    .. [1] Kang et al., Decoupling Representation and Classifier for Long-Tailed Recognition,
       ICLR 2020, arXiv:1910.09217, eq. 1 with q = 0.

    Examples
    --------
    >>> ClassBalancedSampling().hooks
    frozenset({'sample'})
    """

    def sample(self, rows: Rows, targets: Targets) -> FloatArray:
        law = per_row(np.maximum(targets.seen, 1.0) ** -1.0, rows.code)
        return np.asarray(law / law.sum())
