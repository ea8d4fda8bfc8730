"""How popular lists are beside what their readers had before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.metrics.lists.base import ListMetric
from longshelf.metrics.lists.block import Block
from longshelf.tables import FloatArray

__all__ = ["Miscalibration", "PopularityLift"]


def _profile(block: Block) -> sp.csr_matrix:
    if block.profile is None:
        raise TypeError("no history was given")
    return block.profile


@dataclass(frozen=True, kw_only=True)
class PopularityLift(ListMetric):
    """How much more popular the lists of a group are than its profiles, as a share [1]_.

    (GAP_rec − GAP_profile) / GAP_profile, both means over sources of the mean training count. 0 is
    as popular as what they had; sources without history are left out.

    References
    ----------
    .. [1] Abdollahpouri et al., The Unfairness of Popularity Bias in Recommendation, 2019,
       arXiv:1907.13286, section 4.

    Examples
    --------
    >>> PopularityLift().limits
    (-1.0, inf)
    """

    abstract: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset({"history"})
    greater_is_better: ClassVar[bool] = False
    sliced: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (-1.0, np.inf)
    stem: ClassVar[str] = "popularity_lift"
    definition: ClassVar[str] = "mean train count of lists over that of profiles, less 1"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        profile = _profile(block)
        had = np.asarray(profile @ block.catalogue.natural) / np.maximum(
            np.asarray(profile.sum(axis=1)).ravel(), 1
        )
        total, count = block.mean_listed(block.catalogue.natural, self.k)
        known = (had > 0) & (count > 0)
        had = np.where(known, had, 0.0)
        return np.where(known, total / np.maximum(count, 1) - had, 0.0)[None], had[None]


@dataclass(frozen=True, kw_only=True)
class Miscalibration(ListMetric):
    """How far the head, torso and tail of a list are from those of its reader's own history [1]_.

    Jensen–Shannon divergence, base 2: 0 is the same mix, 1 is nothing in common. Sources without
    history are left out.

    References
    ----------
    .. [1] Abdollahpouri et al., User-Centered Evaluation of Popularity Bias in Recommender
       Systems, UMAP 2021, arXiv:2103.06364, eq. 5.

    Examples
    --------
    >>> Miscalibration().greater_is_better
    False
    """

    abstract: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset({"history", "slices"})
    greater_is_better: ClassVar[bool] = False
    sliced: ClassVar[bool] = False
    stem: ClassVar[str] = "miscalibration"
    definition: ClassVar[str] = "Jensen-Shannon divergence of list and history over the slices"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        of = block.catalogue.of
        own = np.asarray(_profile(block) @ np.eye(3)[of])
        listed = block.listed[:, : self.k]
        kind = of[block.safe[:, : self.k]]
        shown = np.stack([(listed & (kind == s)).sum(axis=1) for s in range(3)], axis=1)
        known = (own.sum(axis=1) > 0) & (shown.sum(axis=1) > 0)
        value = np.zeros(block.u)
        value[known] = divergence(_shares(own[known]), _shares(shown[known].astype(float)))
        return value[None], known.astype(float)[None]


def _shares(mix: FloatArray) -> FloatArray:
    return np.asarray(mix / mix.sum(axis=1, keepdims=True))


def divergence(p: FloatArray, q: FloatArray) -> FloatArray:
    """Jensen–Shannon divergence, base 2, along the last axis.

    Examples
    --------
    >>> divergence(np.array([1.0, 0.0]), np.array([0.0, 1.0])).item()
    1.0
    """
    middle = (p + q) / 2
    safe = np.where(middle > 0, middle, 1.0)

    def half(a: FloatArray) -> FloatArray:
        return np.asarray((a * np.log2(np.where(a > 0, a, safe) / safe)).sum(axis=-1))

    return np.asarray((half(p) + half(q)) / 2)
