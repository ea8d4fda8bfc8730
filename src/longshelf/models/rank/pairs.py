"""Pairs of a source and a candidate, as a re-ranker sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from longshelf.features.words import is_words
from longshelf.models.rank.bm25 import bag
from longshelf.models.rank.item_texts import tokens
from longshelf.models.rank.profiles import Profiles, codes_of, profiles_of, source_of
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets

__all__ = ["Held", "Pairs", "hold_back"]


@dataclass(frozen=True)
class Pairs:
    """A first stage, signals, and what describes a pair besides them.

    Parameters
    ----------
    first : fitted ranker
    signals : sequence of fitted rankers
    targets : int
    places : mapping of word to column, or None
    words : (C, V) CSR of ones or None
        Words of the items, where queries are text.
    profiles : Profiles or None
        Where sources are known by what they had.
    member : (C, P) CSR of ones or None
        Category of each item.
    """

    first: Any
    signals: Sequence[Any]
    targets: int
    places: Mapping[str, int] | None = None
    words: sp.csr_matrix | None = None
    profiles: Profiles | None = None
    member: sp.csr_matrix | None = None

    @classmethod
    def of(
        cls, X: Matrix, rows: Rows, targets: Targets, first: Any, signals: Sequence[Any]
    ) -> Pairs:
        """The description that these features allow."""
        if is_words(X):
            if targets.text is None:
                return cls(first, signals, len(targets))
            words = tokens([str(text) for text in targets.text])
            places = {w: i for i, w in enumerate(sorted({w for each in words for w in each}))}
            return cls(first, signals, len(targets), places, _ones(bag(words, places)))
        if targets.parents is None:
            return cls(first, signals, len(targets))
        profiles = profiles_of(X, rows, targets, Strategy(), "re_ranker")
        names, parent = np.unique(targets.parents, return_inverse=True)
        where = (np.arange(len(targets)), parent)
        member = sp.csr_matrix(
            (np.ones(len(targets), np.float32), where), shape=(len(targets), len(names))
        )
        return cls(first, signals, len(targets), profiles=profiles, member=member)

    def candidates(self, X: Matrix, depth: int, seen: sp.csr_matrix | None) -> IntArray:
        """What the first stage offers; (n, depth), -1 where it runs out."""
        found: IntArray = self.first.rank(X, min(depth, self.targets), seen).ids
        return found

    def describe(self, X: Matrix, ids: IntArray) -> FloatArray:
        """Numbers of every pair; (n, depth, d) float32."""
        safe = np.maximum(ids, 0)
        place = np.broadcast_to(1 / (60 + np.arange(1, ids.shape[1] + 1)), ids.shape)
        every: list[FloatArray] = [place]
        every += [
            np.take_along_axis(np.asarray(model.scores(X)), safe, axis=1)
            for model in (self.first, *self.signals)
        ]
        if self.words is not None and self.places is not None:
            every += _overlap(X, self.places, self.words, safe)
        if self.profiles is not None and self.member is not None:
            every.append(_category(self.profiles.of(codes_of(X, "re_ranker")), self.member, safe))
        return np.stack(every, axis=2).astype(np.float32)


def _overlap(
    X: Matrix, places: Mapping[str, int], words: sp.csr_matrix, ids: IntArray
) -> list[FloatArray]:
    """Shared words over the query's, and over all of both; (n, depth) each."""
    asked = tokens([str(text) for text in X[:, 0]])
    shared = (_ones(bag(asked, places)) @ words.T).toarray()
    shared = np.take_along_axis(shared, ids, axis=1)
    own = np.array([len(set(each)) for each in asked])[:, None]
    item = np.diff(words.indptr)[ids]
    return [shared / np.maximum(own, 1), shared / np.maximum(own + item - shared, 1)]


def _category(profiles: sp.csr_matrix, member: sp.csr_matrix, ids: IntArray) -> FloatArray:
    """Share of a profile that lies in each candidate's category; (n, depth)."""
    mix = np.asarray((profiles @ member).toarray())
    mix /= np.maximum(mix.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray(np.take_along_axis(mix, member.indices[ids], axis=1))


def _ones(counts: sp.csr_matrix) -> sp.csr_matrix:
    return sp.csr_matrix(counts > 0, dtype=np.float32)


@dataclass(frozen=True)
class Held:
    """Rows held back from the models beneath a re-ranker.

    Parameters
    ----------
    rest : (m,) int array
        Positions of the rows the models beneath may see.
    asked : (s,) int array
        A row per source, whose features ask for candidates.
    wanted : (s, C) CSR
        Position + 1 of the row that holds a source's target.
    seen : (s, C) CSR or None
        Targets left out of the candidates.
    """

    rest: IntArray
    asked: IntArray
    wanted: sp.csr_matrix
    seen: sp.csr_matrix | None

    def labels(
        self, ids: IntArray, some: slice, rows: Rows, weigh: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Grade and weight of each candidate of some of the sources; (s, depth) each."""
        wanted = self.wanted[some]
        row = np.repeat(np.arange(len(ids)), ids.shape[1])
        place = np.asarray(wanted[row, np.maximum(ids, 0).ravel()]).reshape(ids.shape).astype(int)
        found = (place > 0) & (ids >= 0)
        grade = np.ones(len(rows)) if rows.weight is None else rows.weight
        at = np.maximum(place - 1, 0)
        return np.where(found, grade[at], 0.0), np.where(found, weigh[at], 1.0)


def hold_back(X: Matrix, rows: Rows, targets: Targets, most: int, rng: np.random.Generator) -> Held:
    """Every other query, or the last fifth of each source's rows.

    Parameters
    ----------
    X, rows, targets
        The training part.
    most : int
        Sources asked at most.
    rng : numpy.random.Generator
        Draws them.
    """
    if is_words(X):
        _, source = np.unique(X[:, 0], return_inverse=True)
        drawn = rng.permutation(int(source.max()) + 1)
        held = np.isin(source, drawn[: len(drawn) // 2])
    else:
        _, source = np.unique(source_of(X, rows, "re_ranker"), return_inverse=True)
        order = np.argsort(source, kind="stable")
        size = np.bincount(source)
        rank = np.empty(len(source), dtype=np.int64)
        rank[order] = np.arange(len(source)) - np.repeat(np.cumsum(size) - size, size)
        kept = size - np.maximum(size // 5, 1) * (size > 1)
        held = rank >= kept[source]
    asked_sources = np.unique(source[held])
    if len(asked_sources) > most:
        asked_sources = np.sort(rng.choice(asked_sources, most, replace=False))
    number = np.full(int(source.max()) + 1, -1)
    number[asked_sources] = np.arange(len(asked_sources))
    shape = (len(asked_sources), len(targets))
    use = np.flatnonzero(held & (number[source] >= 0))
    asked = use[np.unique(number[source[use]], return_index=True)[1]]
    wanted = _last(number[source[use]], np.asarray(rows.code)[use], use + 1.0, shape)
    rest = np.flatnonzero(~held)
    if is_words(X):
        return Held(rest, asked, wanted, None)
    known = rest[number[source[rest]] >= 0]
    seen = _last(number[source[known]], np.asarray(rows.code)[known], np.ones(len(known)), shape)
    return Held(rest, asked, wanted, seen)


def _last(
    row: IntArray, column: IntArray, values: FloatArray, shape: tuple[int, int]
) -> sp.csr_matrix:
    """The last value of each place, nothing summed; CSR."""
    key = row * shape[1] + column
    _, place = np.unique(key[::-1], return_index=True)
    place = len(key) - 1 - place
    return sp.csr_matrix((values[place], (row[place], column[place])), shape=shape)
