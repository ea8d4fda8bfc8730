"""How different the targets of a list are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.metrics.lists.base import ListMetric
from longshelf.metrics.lists.block import Block
from longshelf.tables import FloatArray

__all__ = ["IntraListDiversity", "unit_length"]

CHUNK = 1 << 13
"""Lists whose vectors are summed at once."""


def unit_length(vectors: FloatArray) -> FloatArray:
    """Vectors (C, d) of length 1 in float32, zero ones as they are."""
    given = np.asarray(vectors, dtype=np.float32)
    length = np.sqrt(np.einsum("ij,ij->i", given, given))[:, None]
    return np.asarray(given / np.where(length > 0, length, 1))


@dataclass(frozen=True, kw_only=True)
class IntraListDiversity(ListMetric):
    """Mean 1 − cosine over the pairs of targets in a list, by the vectors that were given [1]_.

    Lists with fewer than two targets are left out; a zero vector is at 1 from everything.

    References
    ----------
    .. [1] Smyth and McClave, Similarity vs. Diversity, ICCBR 2001, eq. 4.

    Examples
    --------
    >>> IntraListDiversity().limits
    (0.0, 2.0)
    """

    abstract: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset({"vectors"})
    sliced: ClassVar[bool] = False
    limits: ClassVar[tuple[float, float]] = (0.0, 2.0)
    stem: ClassVar[str] = "intra_list_diversity"
    definition: ClassVar[str] = "mean over pairs listed of 1 - cosine, mean over sources"

    def per_source(self, block: Block) -> tuple[FloatArray, FloatArray]:
        vectors = block.catalogue.vectors
        if vectors is None:
            raise TypeError("no vectors were given")
        listed, ids = block.listed[:, : self.k], block.safe[:, : self.k]
        count = listed.sum(axis=1).astype(float)
        long = (vectors**2).sum(axis=1) > 0
        own = (long[ids] & listed).sum(axis=1)
        alike = np.empty(block.u)
        for start in range(0, block.u, CHUNK):
            some = slice(start, start + CHUNK)
            held = listed[some]
            ends = np.append(0, np.cumsum(held.sum(axis=1)))
            each = np.ones(ends[-1], dtype=np.float32)
            shape = (len(held), len(vectors))
            total = sp.csr_matrix((each, ids[some][held], ends), shape=shape) @ vectors
            alike[some] = np.einsum("ud,ud->u", total, total, dtype=np.float64) - own[some]
        pairs = count * (count - 1)
        some_pairs = pairs > 0
        value = 1 - alike / np.where(some_pairs, pairs, 1)
        return np.where(some_pairs, value, 0.0)[None], some_pairs.astype(float)[None]
