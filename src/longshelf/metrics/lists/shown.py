"""How popular what lists show is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.metrics.lists.base import ListMetric
from longshelf.metrics.lists.block import Block
from longshelf.tables import FloatArray

__all__ = ["Aclt", "Aplt", "Arp", "Novelty"]


@dataclass(frozen=True, kw_only=True)
class _Shown(ListMetric):
    """Mean of a worth per target over what a list shows."""

    abstract: ClassVar[bool] = True
    sliced: ClassVar[bool] = False

    def worth(self, block: Block) -> FloatArray:
        """What each target counts; (C,)."""
        raise NotImplementedError

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        total, count = block.mean_listed(self.worth(block), self.k)
        return (total / np.maximum(count, 1))[None], (count > 0).astype(float)[None]


@dataclass(frozen=True, kw_only=True)
class Arp(_Shown):
    """Mean training count of the listed targets: how popular recommendations are.

    Examples
    --------
    >>> Arp().greater_is_better
    False
    """

    abstract: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, np.inf)
    stem: ClassVar[str] = "arp"
    definition: ClassVar[str] = "mean over sources of the mean train count of listed targets"

    def worth(self, block: Block) -> FloatArray:
        return block.catalogue.natural


@dataclass(frozen=True, kw_only=True)
class Aplt(_Shown):
    """Mean share of tail targets in lists.

    Examples
    --------
    >>> Aplt().id
    'aplt@20'
    """

    abstract: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset({"slices"})
    stem: ClassVar[str] = "aplt"
    definition: ClassVar[str] = "mean over sources of the share of tail targets listed"

    def worth(self, block: Block) -> FloatArray:
        return np.asarray(block.catalogue.of == 2, dtype=float)


@dataclass(frozen=True, kw_only=True)
class Aclt(Aplt):
    """Mean number of tail targets in lists.

    Examples
    --------
    >>> Aclt().limits
    (0.0, inf)
    """

    abstract: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, np.inf)
    stem: ClassVar[str] = "aclt"
    definition: ClassVar[str] = "mean over sources of the number of tail targets listed"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        total, count = block.mean_listed(self.worth(block), self.k)
        return total[None], (count > 0).astype(float)[None]


@dataclass(frozen=True, kw_only=True)
class Novelty(_Shown):
    """Mean surprise of the listed targets in bits: how few sources had them in training [1]_.

    References
    ----------
    .. [1] Zhou et al., Solving the Apparent Diversity-Accuracy Dilemma of Recommender Systems,
       PNAS 107, 2010; with one source added, so that a cold target's is finite.

    Examples
    --------
    >>> Novelty().id
    'novelty@20'
    """

    abstract: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset({"history"})
    limits: ClassVar[tuple[float, float]] = (0.0, np.inf)
    stem: ClassVar[str] = "novelty"
    definition: ClassVar[str] = "mean of -log2((train users of a listed target + 1) / (users + 1))"

    def worth(self, block: Block) -> FloatArray:
        if block.catalogue.users is None:
            raise TypeError("no history was given")
        return -np.log2((block.catalogue.users + 1) / (block.catalogue.sources + 1))
