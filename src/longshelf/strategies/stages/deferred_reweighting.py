"""Deferred re-weighting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from longshelf.errors import InputError
from longshelf.strategies.base import Stage, Strategy
from longshelf.strategies.weight.effective_number import EffectiveNumber

__all__ = ["DeferredReweighting"]


@dataclass(frozen=True, kw_only=True)
class DeferredReweighting(Strategy):
    """Learn plainly first, then with class-balanced weights at a lower rate.

    Weights from the start spoil the representation; late ones move the decisions [1]_.

    Parameters
    ----------
    start : float in (0, 1), default 0.8
        Share of the epochs before the weights set in.
    beta : float in [0, 1), default 0.9999
        Of the effective number, see :class:`EffectiveNumber`.
    rate : float > 0, default 0.1
        Factor on the learning rate once they do.

    References
    ----------
    .. [1] Cao et al., Learning Imbalanced Datasets with Label-Distribution-Aware Margin Loss,
       NeurIPS 2019, arXiv:1906.07413, algorithm 1.

    Examples
    --------
    >>> [stage.share for stage in DeferredReweighting(start=0.5).stages()]
    [0.5, 0.5]
    """

    start: float = 0.8
    beta: float = 0.9999
    rate: float = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.start < 1:
            raise InputError(f"DeferredReweighting's start must be in (0, 1), got {self.start}")

    def stages(self) -> Sequence[Stage]:
        return (
            Stage(self.start),
            Stage(1 - self.start, strategy=EffectiveNumber(beta=self.beta), rate=self.rate),
        )
