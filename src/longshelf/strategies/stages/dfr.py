"""Deep feature re-weighting: the last layer learned again on balanced rows it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from longshelf.errors import InputError
from longshelf.strategies.base import Stage, Strategy
from longshelf.strategies.network.encoder import needs_encoder
from longshelf.strategies.sampling.class_balanced_sampling import ClassBalancedSampling
from longshelf.tables import BoolArray, FloatArray, Rows, Targets

if TYPE_CHECKING:
    from longshelf.models.network import Net

__all__ = ["Dfr"]


@dataclass(frozen=True, kw_only=True)
class Dfr(Strategy):
    """Learn everything on most rows, then a fresh head on the others, drawn class-balanced.

    An encoder fits the rows it learns from so well that a head learned on them again finds little
    to mend; rows it has not seen show which features hold [1]_. Of each target with two rows or
    more, every ``1 / held``-th row is held out, at least one; a target's only row serves both
    times. The paper holds out validation rows and solves a logistic regression with an L1 penalty
    on balanced subsets; ours leaves validation rows alone and learns the head as :class:`Crt` does.
    Copies that a resampler made of one row may stand on both sides.

    Parameters
    ----------
    held : float in (0, 1), default 0.2
        Share of each target's rows kept for the head.
    share : float in (0, 1), default 0.7
        Share of the epochs that learns everything.

    Raises
    ------
    NotApplicable
        If the model learns nothing below its head.

    References
    ----------
    .. [1] Kirichenko et al., Last Layer Re-Training is Sufficient for Robustness to Spurious
       Correlations, ICLR 2023, arXiv:2204.02937.

    Examples
    --------
    >>> [stage.learn for stage in Dfr().stages()]
    ['all', 'head']
    """

    held: float = 0.2
    share: float = 0.7

    def __post_init__(self) -> None:
        if not 0 < self.held < 1 or not 0 < self.share < 1:
            raise InputError(
                f"Dfr's held and share must be in (0, 1), got {self.held} and {self.share}"
            )

    def build(self, net: Net, targets: Targets) -> Net:
        needs_encoder(net, "Dfr keeps an encoder")
        return net

    def stages(self) -> Sequence[Stage]:
        head = _Part(held=self.held, fresh=True)
        return (
            Stage(self.share, strategy=_Part(held=self.held, fresh=False)),
            Stage(1 - self.share, strategy=head, learn="head", reset=True),
        )


@dataclass(frozen=True, kw_only=True)
class _Part(Strategy):
    """Draw the rows that were held out, class-balanced, or the others as they come."""

    held: float
    fresh: bool

    def sample(self, rows: Rows, targets: Targets) -> FloatArray:
        out, alone = _held_out(rows, self.held)
        if not self.fresh:
            return np.asarray(~out / np.count_nonzero(~out))
        chosen = np.flatnonzero(out | alone)
        part = rows.take(chosen)
        law = np.zeros(len(rows))
        law[chosen] = ClassBalancedSampling().sample(part, targets.seeing(targets.count(part.code)))
        return law


def _held_out(rows: Rows, share: float) -> tuple[BoolArray, BoolArray]:
    """Rows held out, evenly spread over each target's, and rows that are a target's only one; (n,).

    Where rows have several targets, the rows are spread as one.
    """
    single = isinstance(rows.code, np.ndarray)
    code = np.asarray(rows.code) if single else np.zeros(len(rows), dtype=np.int64)
    order = np.argsort(code, kind="stable")
    size = np.bincount(code)
    rank = np.empty(len(code), dtype=np.int64)
    rank[order] = np.arange(len(code)) - np.repeat(np.cumsum(size) - size, size)
    n = size[code]
    kept = np.where(n > 1, np.clip(np.rint(share * n), 1, np.maximum(n - 1, 1)), 0)
    return (rank + 1) * kept // n > rank * kept // n, n == 1
