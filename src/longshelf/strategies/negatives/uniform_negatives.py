"""Negatives drawn evenly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.negatives.drawn import SIZE, beside, drawn_only
from longshelf.tables import FloatArray, IntArray, Rows, Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["UniformNegatives"]


@dataclass(frozen=True, kw_only=True)
class UniformNegatives(Strategy):
    """Score each row against targets drawn evenly from the catalogue, shared by the batch.

    The law of the first pairwise rankers [1]_, for catalogues too large to score whole; its
    ``log q`` is flat, so :class:`LogQ` has nothing to correct. A negative that is the row's own
    target counts once; other targets the source chose are not left out.

    Parameters
    ----------
    size : int >= 1 or None, default None
        Targets drawn per batch; None takes the model's ``negatives``, or 256 where that is 0.

    References
    ----------
    .. [1] Rendle et al., BPR: Bayesian Personalized Ranking from Implicit Feedback, UAI 2009,
       arXiv:1205.2618, section 4.2.

    Examples
    --------
    >>> sorted(UniformNegatives(size=64).hooks)
    ['logits', 'negatives']
    """

    size: int | None = None

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise InputError(f"{type(self).__name__} draws at least 1 target, got {self.size}")

    def negatives(
        self, rows: Rows, targets: Targets, k: int, net: Net, rng: np.random.Generator
    ) -> tuple[IntArray, FloatArray]:
        drawn = rng.integers(len(targets), size=self.size or k or SIZE)
        ids = beside(drawn, rows.code)
        return ids, np.full(len(ids), -np.log(len(targets)))

    def logits(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        return drawn_only(z, batch)
