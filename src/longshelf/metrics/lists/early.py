"""How early what is relevant comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from longshelf.errors import InputError
from longshelf.metrics.lists.base import ListMetric, qualified
from longshelf.metrics.lists.block import Block
from longshelf.tables import FloatArray

__all__ = ["Map", "MapMin", "Mrr", "Ndcg", "NdcgExp"]


@dataclass(frozen=True, kw_only=True)
class Mrr(ListMetric):
    """One over the place of the first relevant target, 0 where the first k hold none.

    Examples
    --------
    >>> Mrr(k=10).id
    'mrr@10'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "mrr"
    definition: ClassVar[str] = "mean of 1 / rank of the first hit, 0 without one"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        found = np.zeros((len(block.by_place), block.u))
        for row, pairs in zip(found, block.by_place, strict=True):
            first = (pairs.nth == 0) & (pairs.place < self.k)
            row[pairs.source[first]] = 1 / (pairs.place[first] + 1)
        return found, (block.count > 0).astype(float)


@dataclass(frozen=True, kw_only=True)
class Map(ListMetric):
    """Mean of the precision at the place of every relevant target, unlisted ones counting 0.

    trec_eval's: the sum is divided by the number of relevant targets, even above k.

    References
    ----------
    .. [1] Buckley and Voorhees, Evaluating Evaluation Measure Stability, SIGIR 2000.

    Examples
    --------
    >>> Map().id
    'map@20'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "map"
    definition: ClassVar[str] = "sum of precision at each hit / relevant, mean over sources"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        return self._precisions(block) / np.maximum(block.count, 1), _some(block)

    def _precisions(self, block: Block) -> FloatArray:
        sums = []
        for pairs in block.by_place:
            hit = pairs.place < self.k
            at = (pairs.nth[hit] + 1) / (pairs.place[hit] + 1)
            sums.append(np.bincount(pairs.source[hit], at, block.u))
        return np.stack(sums)


@dataclass(frozen=True, kw_only=True)
class MapMin(Map):
    """The same sum over the hits a list of k can hold: min(k, relevant).

    Examples
    --------
    >>> MapMin().id
    'map_min@20'
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "map_min"
    definition: ClassVar[str] = "sum of precision at each hit / min(k, relevant), mean over sources"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        best = np.clip(block.count, 1, self.k)
        return self._precisions(block) / best, _some(block)


Gain = Literal["grade", "exp"] | tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Ndcg(ListMetric):
    """Discounted gain of a list over that of the best one; the gain is the grade itself.

    Parameters
    ----------
    k : int, default 20
    gain : "grade", "exp" or tuple of float, default "grade"
        ``exp`` is 2^grade − 1, by name ``ndcg_exp``; a tuple gives the gain of grade 0, 1, 2, …
        and stands in the id: ``ndcg@10[gain=0/0.1/1]``.

    Raises
    ------
    InputError
        If a gain map falls, or gives grade 0 a gain.

    References
    ----------
    .. [1] Järvelin and Kekäläinen, Cumulated Gain-based Evaluation, TOIS 20, 2002.

    Examples
    --------
    >>> Ndcg(k=5).id, Ndcg(k=5, gain=(0, 0.1, 1)).id
    ('ndcg@5', 'ndcg@5[gain=0/0.1/1]')
    """

    abstract: ClassVar[bool] = False
    stem: ClassVar[str] = "ndcg"
    definition: ClassVar[str] = "sum of grade / log2(rank + 1) over that of the ideal list"

    gain: Gain = "grade"

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.gain, str):
            if self.gain not in ("grade", "exp"):
                raise InputError(
                    f"Ndcg's gain is 'grade', 'exp' or the gain of each grade from 0, "
                    f"got {self.gain!r}"
                )
        elif len(self.gain) < 2 or self.gain[0] != 0 or np.any(np.diff(self.gain) < 0):
            raise InputError(
                f"Ndcg's gains must start with 0 for grade 0 and never fall, got {self.gain!r}"
            )

    @property
    def id(self) -> str:
        if isinstance(self.gain, str):
            return f"{'ndcg_exp' if self.gain == 'exp' else self.stem}@{self.k}"
        return qualified(f"{self.stem}@{self.k}", gain="/".join(f"{g:g}" for g in self.gain))

    def gains(self, grade: FloatArray) -> FloatArray:
        """Gain of each grade above 0; (r,)."""
        if self.gain == "grade":
            return grade
        if self.gain == "exp":
            return np.exp2(grade) - 1
        if len(grade) and (grade.max() >= len(self.gain) or np.any(grade % 1)):
            raise InputError(
                f"Ndcg's gains name the grades 0 to {len(self.gain) - 1}, "
                f"but the data hold the grade {grade.max():g}; give one gain per grade"
            )
        gains: FloatArray = np.asarray(self.gain, dtype=float)
        return np.asarray(gains[grade.astype(int)])

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        return discounted(block, self.gains(block.truth.grade), self.k, ("gain", self.gain))


@dataclass(frozen=True, kw_only=True)
class NdcgExp(Ndcg):
    """Discounted gain with 2^grade − 1 as the gain, over that of the best list.

    Examples
    --------
    >>> NdcgExp().id
    'ndcg_exp@20'
    """

    abstract: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset({"grades"})
    stem: ClassVar[str] = "ndcg_exp"
    definition: ClassVar[str] = "sum of (2^grade - 1) / log2(rank + 1) over that of the ideal list"

    gain: Gain = "exp"


def discounted(
    block: Block, worth: FloatArray, k: int, key: tuple[object, ...]
) -> tuple[FloatArray, FloatArray]:
    """Discounted worth of what lists hold over that of the best lists, by slice and source."""
    depth = block.ids.shape[1]
    discount = 1 / np.log2(np.arange(2, depth + 3))
    at = discount[np.minimum(block.truth.place, depth)]
    found = block.total(np.where(block.truth.place < k, worth * at, 0.0))
    ideal = block.ideal(worth, k, key)
    some = ideal > 0
    return np.divide(found, ideal, out=np.zeros(found.shape), where=some), some.astype(float)


def _some(block: Block) -> FloatArray:
    return (block.count > 0).astype(float)
