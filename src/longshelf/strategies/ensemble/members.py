"""Many fitted models read as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.special import logsumexp

from longshelf.corrections import log_probabilities
from longshelf.tables import FloatArray, IntArray, Matrix, Ranking, Rows, Targets, Valid, take

if TYPE_CHECKING:
    from longshelf.models.base import Fitted, Head, Model
    from longshelf.strategies.base import Strategy

__all__ = ["Members", "fit_part"]


def fit_part(
    model: Model,
    X: Matrix,
    rows: Rows,
    index: IntArray,
    valid: Valid,
    targets: Targets,
    strategy: Strategy,
    rng: np.random.Generator,
) -> Fitted:
    """Fit one member on the rows at these positions, told the counts it meets."""
    part = rows.take(index)
    seen = targets.seeing(targets.count(part.code))
    return model.fit(take(X, index), part, valid, seen, strategy, rng)


@dataclass(frozen=True)
class Members:
    """The mean of several models' probabilities, as scores.

    Parameters
    ----------
    fitted : sequence of Fitted
    targets : Targets
    """

    fitted: Sequence[Fitted]
    targets: Targets

    @property
    def parameters(self) -> int:
        return sum(member.parameters for member in self.fitted)

    @property
    def head(self) -> Head | None:
        return None

    def scores(self, X: Matrix) -> FloatArray:
        """Log mean probability, the logit of it for several labels, the mean of values; (n, C)."""
        each = [member.scores(X).astype(float) for member in self.fitted]
        if self.targets.kind == "value":
            return np.asarray(np.mean(each, axis=0))
        yes = self._mean(each)
        if self.targets.kind == "multilabel":
            return yes - self._mean([-scores for scores in each])
        return yes

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """The k best targets of each source in X, without what it has ``seen``."""
        from longshelf.models.rank.top import top

        return top(self.scores, X, k, seen)

    def _mean(self, each: Sequence[FloatArray]) -> FloatArray:
        logs = np.stack([log_probabilities(scores, self.targets) for scores in each])
        return np.asarray(logsumexp(logs, axis=0) - np.log(len(each)))
