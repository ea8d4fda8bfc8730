"""Some lists beside what was relevant, and the work several metrics share, done once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["ABSENT", "Block", "Catalogue", "Pairs", "Sorted", "places"]

ABSENT = 1 << 30
"""Place of what a list lacks: beyond every cut-off."""

COMPARED = 1 << 24
"""Listed targets compared at once when places are looked up."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Catalogue:
    """What is known of the targets, whoever lists them.

    Parameters
    ----------
    natural : (C,) float array
        Training rows per target.
    members : mapping of slice name to (C,) bool array
        ``all`` first.
    of : (C,) int array
        0 head, 1 torso, 2 tail.
    users : (C,) float array or None
        Distinct training sources per target.
    sources : int
        Training sources.
    vectors : (C, d) float array or None
        One vector per target, each of length 1 or 0.
    propensity : (C,) float array or None
        Probability that an interaction with the target was observed.
    """

    natural: FloatArray
    members: Mapping[str, BoolArray]
    of: IntArray
    users: FloatArray | None = None
    sources: int = 0
    vectors: FloatArray | None = None
    propensity: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.natural)

    @cached_property
    def slices(self) -> tuple[str, ...]:
        """Names of the slices, S of them, ``all`` first."""
        return tuple(self.members)

    @cached_property
    def sizes(self) -> FloatArray:
        """Targets in head, torso and tail; (3,)."""
        return np.bincount(self.of, minlength=3).astype(float)

    @cached_property
    def inside(self) -> BoolArray:
        """Membership; (S, C)."""
        return np.stack(list(self.members.values()))


class Pairs(NamedTuple):
    """Sources and targets side by side, with the place of each target in its source's list, from 0.

    A target that the list lacks is at :data:`ABSENT`.
    """

    source: IntArray
    target: IntArray
    grade: FloatArray
    place: IntArray


class Sorted(NamedTuple):
    """Pairs of one slice in the order of their places; ``nth`` counts within each source."""

    source: IntArray
    place: IntArray
    nth: IntArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Block:
    """u lists.

    Parameters
    ----------
    ids : (u, K) int array
        Listed targets, best first; -1 pads.
    scores : (u, K) float array
    relevant : (u, C) CSR
        Grades; above 0 is relevant.
    catalogue : Catalogue
    profile : (u, C) CSR or None
        What each source had in training.
    judged : (u, C) CSR or None
        A stored entry, of whatever value, is a judgement.
    shared : dict
        Filled as metrics ask.
    """

    ids: IntArray
    scores: FloatArray
    relevant: sp.csr_matrix
    catalogue: Catalogue
    profile: sp.csr_matrix | None = None
    judged: sp.csr_matrix | None = None
    shared: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False)

    @property
    def u(self) -> int:
        """Lists."""
        return len(self.ids)

    @cached_property
    def listed(self) -> BoolArray:
        """Where a list holds something; (u, K)."""
        return self.ids >= 0

    @cached_property
    def safe(self) -> IntArray:
        """Ids with the padding turned to 0; (u, K)."""
        return np.maximum(self.ids, 0)

    @cached_property
    def truth(self) -> Pairs:
        """Everything relevant, r pairs by source."""
        return self.pairs(self.relevant, positive=True)

    @cached_property
    def judgements(self) -> Pairs:
        """Everything judged; the grade is 1 where it is relevant."""
        if self.judged is None:
            raise TypeError("nothing was said to be judged")
        pairs = self.pairs(self.judged, positive=False)
        key = pairs.source * len(self.catalogue) + pairs.target
        good = self.truth.source * len(self.catalogue) + self.truth.target
        return pairs._replace(grade=np.isin(key, good).astype(float))

    def pairs(self, held: sp.csr_matrix, *, positive: bool) -> Pairs:
        """Entries of a matrix (u, C), with their places."""
        source = np.repeat(np.arange(self.u), np.diff(held.indptr))
        target, grade = held.indices.astype(np.int64), held.data.astype(float)
        if positive and not (grade > 0).all():
            kept = grade > 0
            source, target, grade = source[kept], target[kept], grade[kept]
        return Pairs(source, target, grade, places(self.ids, source, target))

    @cached_property
    def within(self) -> tuple[IntArray | slice, ...]:
        """For each slice, which of the relevant pairs are in it; S of them."""
        of = self.catalogue.inside[:, self.truth.target]
        return tuple(slice(None) if row.all() else np.flatnonzero(row) for row in of)

    def total(self, values: FloatArray) -> FloatArray:
        """Sum of values of the relevant pairs (r,) by slice and source; (S, u)."""
        source = self.truth.source
        return np.stack([np.bincount(source[w], values[w], self.u) for w in self.within])

    @cached_property
    def count(self) -> FloatArray:
        """Relevant targets by slice and source; (S, u)."""
        source = self.truth.source
        return np.stack([np.bincount(source[w], minlength=self.u) for w in self.within]).astype(
            float
        )

    def hits(self, k: int) -> FloatArray:
        """Relevant targets among the first k, by slice and source; (S, u)."""
        if ("hits", k) not in self.shared:
            self.shared["hits", k] = self.total((self.truth.place < k).astype(float))
        found: FloatArray = self.shared["hits", k]
        return found

    @cached_property
    def by_place(self) -> tuple[Sorted, ...]:
        """The relevant pairs of each slice in the order of the lists."""
        truth = self.truth
        depth = self.ids.shape[1] + 1
        order = np.argsort(truth.source * depth + np.minimum(truth.place, depth - 1))
        ranked = np.empty(len(order), dtype=np.int64)
        ranked[order] = np.arange(len(order))
        found = []
        for within in self.within:
            at = order if isinstance(within, slice) else order[np.sort(ranked[within])]
            source = truth.source[at]
            found.append(Sorted(source, truth.place[at], nth(source, self.u)))
        return tuple(found)

    def ideal(self, worth: FloatArray, k: int, key: tuple[Any, ...]) -> FloatArray:
        """Discounted sum of the k largest of the relevant pairs' worth (r,); (S, u).

        ``key`` names the worth, so that its order is found once for all k.
        """
        if ("best", *key) not in self.shared:
            self.shared["best", *key] = self._falling(worth)
        discount = 1 / np.log2(np.arange(2, k + 2))
        sums = []
        for at, source, place in self.shared["best", *key]:
            kept = place < k
            sums.append(np.bincount(source[kept], worth[at][kept] * discount[place[kept]], self.u))
        return np.stack(sums)

    def _falling(self, worth: FloatArray) -> list[tuple[Any, IntArray, IntArray]]:
        source = self.truth.source
        even = len(worth) == 0 or worth.min() == worth.max()
        order = None if even else np.lexsort((-worth, source))
        found = []
        for row, within in zip(self.catalogue.inside, self.within, strict=True):
            at: Any = within
            if order is not None:
                at = order[row[self.truth.target[order]]]
            found.append((at, source[at], nth(source[at], self.u)))
        return found

    def mean_listed(self, worth: FloatArray, k: int) -> tuple[FloatArray, FloatArray]:
        """Sum of a worth per target (C,) over each list, and its length; (u,) both."""
        listed = self.listed[:, :k]
        total = np.where(listed, worth[self.safe[:, :k]], 0.0).sum(axis=1)
        return total, listed.sum(axis=1).astype(float)


def nth(source: IntArray, u: int) -> IntArray:
    """How many entries of the same source came before each; sources are in order."""
    start = np.searchsorted(source, np.arange(u))
    return np.asarray(np.arange(len(source)) - start[source])


def places(ids: IntArray, source: IntArray, target: IntArray) -> IntArray:
    """Place of each target in the list of its source, :data:`ABSENT` where it is not there.

    Parameters
    ----------
    ids : (u, K) int array
        The lists.
    source : (r,) int array
        Row of the list.
    target : (r,) int array
        What to look for there.

    Examples
    --------
    >>> places(np.array([[4, 2], [0, 4]]), np.array([0, 1, 1]), np.array([2, 0, 4])).tolist()
    [1, 0, 1]
    """
    depth = ids.shape[1]
    found = np.full(len(source), ABSENT)
    if depth == 0:
        return found
    step = max(COMPARED // depth, 1)
    for start in range(0, len(source), step):
        some = slice(start, start + step)
        same = ids[source[some]] == target[some, None]
        place = same.argmax(axis=1)
        there = same[np.arange(len(place)), place]
        found[some] = np.where(there, place, ABSENT)
    return found
