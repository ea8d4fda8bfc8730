"""How much of what is relevant lists hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.metrics.lists.base import ListMetric
from longshelf.metrics.lists.block import Block
from longshelf.tables import FloatArray

__all__ = ["HitRate", "Precision", "Recall"]


@dataclass(frozen=True, kw_only=True)
class Precision(ListMetric):
    """Share of the first k places that hold something relevant; short lists waste places.

    Examples
    --------
    >>> Precision(k=5).id
    'precision@5'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "precision"
    definition: ClassVar[str] = "hits / k, mean over sources with something relevant"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        some = (block.count > 0).astype(float)
        return block.hits(self.k) / self.k, some


@dataclass(frozen=True, kw_only=True)
class Recall(ListMetric):
    """Share of a source's relevant targets that its list holds.

    Examples
    --------
    >>> Recall(k=10).id
    'recall@10'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "recall"
    definition: ClassVar[str] = "hits / relevant, mean over sources with something relevant"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        some = (block.count > 0).astype(float)
        return block.hits(self.k) / np.maximum(block.count, 1), some


@dataclass(frozen=True, kw_only=True)
class HitRate(ListMetric):
    """Share of sources whose list holds anything relevant.

    Examples
    --------
    >>> HitRate().id
    'hit_rate@20'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "hit_rate"
    definition: ClassVar[str] = "share of sources with a hit, among those with something relevant"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        return (block.hits(self.k) > 0).astype(float), (block.count > 0).astype(float)
