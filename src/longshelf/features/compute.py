"""Features of several parts at once, each computed once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import ClassVar

import numpy as np
import polars as pl

from longshelf.cache import Cache, digest, pack, unpack
from longshelf.features.base import Features, FittedFeatures, PerText
from longshelf.features.combined import Combined, beside
from longshelf.features.comparison import compared
from longshelf.features.fingerprint import code_of, rows_hash
from longshelf.features.pair import SIDE, Pair, offers, sides, two_texts
from longshelf.features.store import VectorStore, text_hashes
from longshelf.tables import Matrix, Rows, Schema

__all__ = ["Computed", "compute"]

_CHUNK = 8192
"""Texts encoded between two writes to the store: what an interruption can cost."""


@dataclass(frozen=True)
class Computed:
    """Matrices, one per part, and what the cache was worth.

    Parameters
    ----------
    matrices : list of Matrix
        In the order of the parts.
    hits, misses : int
        Texts for features cached per text, parts for fitted ones: found, and computed anew.
    """

    abstract: ClassVar[bool] = True

    matrices: list[Matrix]
    hits: int
    misses: int


def compute(
    features: Features, schema: Schema, train: Rows, parts: Sequence[Rows], cache: Cache
) -> Computed:
    """Feature matrices of parts, fitted on the training part alone.

    Parameters
    ----------
    features : Features
        What to compute.
    schema : Schema
        Roles of the columns.
    train : Rows
        What is fitted reads this and nothing else.
    parts : sequence of Rows
        Usually ``[train, valid, test]``.
    cache : Cache
        Shared by every suite and process.

    Raises
    ------
    NotApplicable
        If the data have no column these features can read.
    """
    if isinstance(features, Combined):
        sides = [compute(member, schema, train, parts, cache) for member in features.members]
        matrices = [beside(*matrices) for matrices in zip(*(side.matrices for side in sides))]
        return Computed(matrices, sum(s.hits for s in sides), sum(s.misses for s in sides))
    if isinstance(features, Pair) and features.encoder is not None:
        return _of_pairs(features, features.encoder, schema, train, parts, cache)
    if features.stateless:
        fitted = features.fit(train, schema)
        if isinstance(fitted, PerText):
            return _per_text(fitted, parts, cache)
    if features.copy:
        copied = features.fit(train, schema)
        return Computed([copied.transform(part) for part in parts], 0, 0)
    return _per_part(_Lazy(features, schema, train), parts, cache)


def _of_pairs(
    pair: Pair,
    encoder: Features,
    schema: Schema,
    train: Rows,
    parts: Sequence[Rows],
    cache: Cache,
) -> Computed:
    """Vectors are kept by text, whatever pairs it stands in."""
    columns = two_texts(schema)
    both = [sides(part, columns) for part in parts]
    vectors = compute(encoder, SIDE, offers(train, columns), both, cache)
    matrices = [compared(matrix) for matrix in vectors.matrices]
    if not pair.strings:
        return replace(vectors, matrices=matrices)
    strings = compute(replace(pair, encoder=None), schema, train, parts, cache)
    matrices = [beside(*each) for each in zip(strings.matrices, matrices, strict=True)]
    return Computed(matrices, vectors.hits + strings.hits, vectors.misses + strings.misses)


@dataclass(frozen=True)
class _Lazy:
    features: Features
    schema: Schema
    train: Rows

    @cached_property
    def fitted(self) -> FittedFeatures:
        return self.features.fit(self.train, self.schema)

    @cached_property
    def key(self) -> str:
        labels = self.features.supervised
        code = code_of(type(self.features))
        return digest(self.features, code, self.schema, rows_hash(self.train, labels=labels))


def _per_part(lazy: _Lazy, parts: Sequence[Rows], cache: Cache) -> Computed:
    matrices: list[Matrix] = []
    hits = 0
    for part in parts:
        key = digest("features", lazy.key, rows_hash(part, labels=lazy.features.supervised))
        entry = cache.get(key)
        hits += entry is not None
        if entry is None:
            matrix = lazy.fitted.transform(part)
            cache.put(key, pack(matrix))
            matrices.append(matrix)
        else:
            matrices.append(unpack(entry))
    return Computed(matrices, hits, len(parts) - hits)


def _per_text(fitted: PerText, parts: Sequence[Rows], cache: Cache) -> Computed:
    texts = [fitted.texts(part) for part in parts]
    together = pl.concat(texts)
    distinct = together.unique(maintain_order=True)
    place = together.cast(pl.Enum(distinct)).to_physical().to_numpy()
    name = blake2b(fitted.key.encode(), digest_size=16).hexdigest()
    store = VectorStore(cache.folder / "vectors" / name, fitted.width)
    written = distinct.to_list()
    hashes = text_hashes(written)
    vectors, known = store.find(hashes)
    missing = np.flatnonzero(~known)
    for start in range(0, len(missing), _CHUNK):
        at = missing[start : start + _CHUNK]
        vectors[at] = fitted.encode([written[i] for i in at])
        store.add(hashes[at], vectors[at])
    if len(missing):
        cache.trim()
    ends = np.cumsum([len(part) for part in parts])
    matrices: list[Matrix] = [vectors[own] for own in np.split(place, ends[:-1])]
    return Computed(matrices, len(written) - len(missing), len(missing))
