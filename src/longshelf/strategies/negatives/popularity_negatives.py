"""Negatives by popularity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from longshelf.errors import InputError
from longshelf.strategies.base import Strategy
from longshelf.strategies.negatives.drawn import SIZE, beside, drawn_only, law_of
from longshelf.tables import FloatArray, IntArray, Rows, Targets

if TYPE_CHECKING:
    from torch import Tensor

    from longshelf.models.network import Net
    from longshelf.training import Batch

__all__ = ["PopularityNegatives"]


@dataclass(frozen=True, kw_only=True)
class PopularityNegatives(Strategy):
    """Score each row against targets drawn in proportion to ``n**alpha``, shared by the batch.

    Popular negatives are the harder ones, and the learner is pushed away from them: by itself the
    law works against popularity [1]_, chained with :class:`LogQ` it only saves time. A negative
    that is the row's own target counts once; other targets the source chose are not left out.

    Parameters
    ----------
    alpha : float, default 0.75
        0 is uniform, 1 the training counts.
    size : int >= 1 or None, default None
        Targets drawn per batch; None takes the model's ``negatives``, or 256 where that is 0.

    References
    ----------
    .. [1] Mikolov et al., Distributed Representations of Words and Phrases, NeurIPS 2013,
       arXiv:1310.4546, section 2.2; for items Rendle and Freudenthaler, WSDM 2014.

    Examples
    --------
    >>> sorted(PopularityNegatives(alpha=0.5).hooks)
    ['logits', 'negatives']
    """

    alpha: float = 0.75
    size: int | None = None

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise InputError(f"{type(self).__name__} draws at least 1 target, got {self.size}")

    def negatives(
        self, rows: Rows, targets: Targets, k: int, net: Net, rng: np.random.Generator
    ) -> tuple[IntArray, FloatArray]:
        law = law_of(targets.seen, self.alpha)
        drawn = np.searchsorted(np.cumsum(law)[:-1], rng.random(self.size or k or SIZE), "right")
        ids = beside(drawn, rows.code)
        return ids, np.log(law[ids])

    def logits(self, z: Tensor, batch: Batch, targets: Targets) -> Tensor:
        return drawn_only(z, batch)
