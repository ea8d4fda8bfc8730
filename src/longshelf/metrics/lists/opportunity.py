"""Whether what is relevant has the same chance however popular it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from longshelf.errors import InputError
from longshelf.metrics.lists.base import (
    CatalogueMetric,
    ListMetric,
    Tally,
    qualified,
    rates,
    spread,
)
from longshelf.metrics.lists.block import Block
from longshelf.metrics.lists.impressions import midrank
from longshelf.tables import FloatArray, IntArray

__all__ = ["PopReo", "PopRsp", "PopularityRankCorrelation"]


@dataclass(frozen=True, kw_only=True)
class _BySlice(CatalogueMetric):
    """Spread of a rate over the slices of the targets."""

    abstract: ClassVar[bool] = True
    needs: ClassVar[frozenset[str]] = frozenset({"slices"})
    greater_is_better: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, np.inf)

    groups: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.groups not in (2, 3):
            raise InputError(f"{type(self).__name__}'s groups must be 2 or 3, got {self.groups}")

    @property
    def id(self) -> str:
        name = f"{self.stem}@{self.k}"
        return name if self.groups == 3 else qualified(name, groups=str(self.groups))

    @property
    def of_slice(self) -> IntArray:
        """Group of head, torso and tail; (3,)."""
        return np.array([0, 1, 2] if self.groups == 3 else [0, 0, 1])


@dataclass(frozen=True, kw_only=True)
class PopReo(_BySlice):
    """Spread over the slices of the chance that a relevant target is listed [1]_.

    P_g = hits / relevant, pooled over sources; the value is their standard deviation (ddof 0)
    over their mean. A slice without anything relevant is left out.

    Parameters
    ----------
    k : int, default 20
    groups : {2, 3}, default 3
        Head, torso and tail; or all but the tail against it.

    References
    ----------
    .. [1] Zhu, Wang and Caverlee, Measuring and Mitigating Item Under-Recommendation Bias in
       Personalized Ranking Systems, SIGIR 2020, eq. 4.

    Examples
    --------
    >>> PopReo(groups=2).id
    'pop_reo@20[groups=2]'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "pop_reo"
    definition: ClassVar[str] = "std / mean over slices of hits / relevant"

    def of(self, tally: Tally) -> float:
        return spread(rates(tally.hits, tally.relevant, self.of_slice))


@dataclass(frozen=True, kw_only=True)
class PopRsp(_BySlice):
    """Spread over the slices of the chance that a target that could be listed is [1]_.

    P_g = listed / unmasked candidates, pooled over sources; the value is their standard deviation
    (ddof 0) over their mean.

    Parameters
    ----------
    k : int, default 20
    groups : {2, 3}, default 3
        Head, torso and tail; or all but the tail against it.

    References
    ----------
    .. [1] Zhu, Wang and Caverlee, Measuring and Mitigating Item Under-Recommendation Bias in
       Personalized Ranking Systems, SIGIR 2020, eq. 2.

    Examples
    --------
    >>> PopRsp().id
    'pop_rsp@20'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "pop_rsp"
    definition: ClassVar[str] = "std / mean over slices of listed / unmasked candidates"

    def of(self, tally: Tally) -> float:
        every = tally.catalogue.sizes * tally.sources
        return spread(rates(tally.by_slice(tally.listed), every - tally.seen, self.of_slice))


@dataclass(frozen=True, kw_only=True)
class PopularityRankCorrelation(ListMetric):
    """Whether, of a source's relevant targets, the popular ones are ranked first [1]_.

    −Spearman of training count and place over the relevant targets of a source, those not among
    the first k level behind them; 1 is popular first, 0 is unbiased. Sources where either is
    constant are left out.

    References
    ----------
    .. [1] Zhu et al., Popularity-Opportunity Bias in Collaborative Filtering, WSDM 2021, eq. 2.

    Examples
    --------
    >>> PopularityRankCorrelation().limits
    (-1.0, 1.0)
    """

    abstract: ClassVar[bool] = False
    greater_is_better: ClassVar[bool] = False
    sliced: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    stem: ClassVar[str] = "popularity_rank_correlation"
    definition: ClassVar[str] = "-mean over sources of Spearman(train count, rank | relevant)"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        source = block.truth.source
        place = np.minimum(block.truth.place, self.k).astype(float)
        one = self._centred(source, block.catalogue.natural[block.truth.target], block.u)
        other = self._centred(source, place, block.u)
        both, left, right = (
            np.bincount(source, values, block.u) for values in (one * other, one**2, other**2)
        )
        scale = np.sqrt(left * right)
        known = scale > 1e-9
        return (-both / np.where(known, scale, 1))[None], known.astype(float)[None]

    def _centred(self, source: IntArray, value: FloatArray, u: int) -> FloatArray:
        rank = midrank(source, value, u)
        count = np.maximum(np.bincount(source, minlength=u), 1)
        return np.asarray(rank - (np.bincount(source, rank, u) / count)[source])
