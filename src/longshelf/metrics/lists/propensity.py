"""Recall and nDCG corrected for what had a chance to be observed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.metrics.lists.base import ListMetric, qualified
from longshelf.metrics.lists.block import Block
from longshelf.metrics.lists.early import discounted
from longshelf.tables import FloatArray

__all__ = ["NdcgIps", "RecallIps"]


@dataclass(frozen=True, kw_only=True)
class _Weighted(ListMetric):
    """Every relevant target counts as one over its propensity, divided by their sum [1]_."""

    abstract: ClassVar[bool] = True
    needs: ClassVar[frozenset[str]] = frozenset({"propensity"})

    clip: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.clip <= 1:
            raise InputError(f"{type(self).__name__}'s clip must be in (0, 1], got {self.clip}")

    @property
    def id(self) -> str:
        name = f"{self.stem}@{self.k}"
        return name if self.clip == 0.01 else qualified(name, clip=f"{self.clip:g}")

    def weight(self, block: Block) -> FloatArray:
        """One over the clipped propensity of each relevant pair; (r,)."""
        if block.catalogue.propensity is None:
            raise TypeError("no propensities were given")
        return 1 / np.maximum(block.catalogue.propensity[block.truth.target], self.clip)


@dataclass(frozen=True, kw_only=True)
class RecallIps(_Weighted):
    """Recall with hits and relevant targets weighted by 1/propensity, self-normalised [1]_.

    Parameters
    ----------
    k : int, default 20
    clip : float in (0, 1], default 0.01
        Smaller propensities count as this.

    References
    ----------
    .. [1] Yang et al., Unbiased Offline Recommender Evaluation for Missing-Not-At-Random Implicit
       Feedback, RecSys 2018, eq. 8.

    Examples
    --------
    >>> RecallIps(k=5, clip=0.1).id
    'recall_ips@5[clip=0.1]'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "recall_ips"
    definition: ClassVar[str] = "sum of 1/propensity of hits over that of the relevant"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        weight = self.weight(block)
        found = block.total(np.where(block.truth.place < self.k, weight, 0.0))
        whole = block.total(weight)
        some = whole > 0
        return np.divide(found, whole, out=np.zeros(found.shape), where=some), some.astype(float)


@dataclass(frozen=True, kw_only=True)
class NdcgIps(_Weighted):
    """nDCG with the gain of each target divided by its propensity, in list and ideal alike [1]_.

    Parameters
    ----------
    k : int, default 20
    clip : float in (0, 1], default 0.01
        Smaller propensities count as this.

    References
    ----------
    .. [1] Yang et al., Unbiased Offline Recommender Evaluation for Missing-Not-At-Random Implicit
       Feedback, RecSys 2018, eq. 8.

    Examples
    --------
    >>> NdcgIps().id
    'ndcg_ips@20'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "ndcg_ips"
    definition: ClassVar[str] = "sum of grade / propensity / log2(rank + 1) over the ideal"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        worth = block.truth.grade * self.weight(block)
        return discounted(block, worth, self.k, ("propensity", self.clip))
