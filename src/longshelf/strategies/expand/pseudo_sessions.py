"""Choices of sparse sources, guessed from what goes together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError, unknown
from longshelf.strategies.base import Strategy
from longshelf.strategies.expand.pseudo import largest, of_sources, with_pseudo
from longshelf.tables import FloatArray, IntArray, Matrix, Rows, Targets

__all__ = ["PseudoSessions"]


@dataclass(frozen=True, kw_only=True)
class PseudoSessions(Strategy):
    """Fill the sessions of sources with few choices by items near to those, at less weight.

    A source under the floor takes the items nearest to its own: by the cosine of who chose both
    [1]_, or of their texts [2]_. The rows copy its latest, name the new item, and weigh ``weight``
    times the similarity over that of the source's nearest. Similarity by choices prefers what is
    popular among neighbours; by text it reaches the tail.

    Parameters
    ----------
    to : int >= 1, default 5
        Rows each source should have, real ones counted.
    weight : float in (0, 1), default 0.3
        Of a source's nearest item.
    by : {"choices", "text"}, default "choices"
    encoder : str, default "tf_idf"
        Features of text, with ``by="text"``.

    Raises
    ------
    NotApplicable
        If targets are no items, or have no text where it is asked for.

    References
    ----------
    .. [1] Sarwar et al., Item-Based Collaborative Filtering Recommendation Algorithms, WWW 2001,
       section 3.1.
    .. [2] Melville et al., Content-Boosted Collaborative Filtering for Improved Recommendations,
       AAAI 2002, section 3.

    Examples
    --------
    >>> PseudoSessions(by="text").hooks
    frozenset({'expand'})
    """

    to: int = 5
    weight: float = 0.3
    by: Literal["choices", "text"] = "choices"
    encoder: str = "tf_idf"

    def __post_init__(self) -> None:
        if self.to < 1 or not 0 < self.weight < 1:
            raise InputError(
                f"PseudoSessions needs to from 1, weight in (0, 1), got {self.to}, {self.weight}"
            )
        if self.by not in ("choices", "text"):
            raise unknown("nearness", self.by, ("choices", "text"))

    def expand(self, rows: Rows, targets: Targets, rng: np.random.Generator) -> Rows:
        source = of_sources(rows, targets, "PseudoSessions")
        known, place, counts = np.unique(source, return_inverse=True, return_counts=True)
        latest = np.zeros(len(known), dtype=np.int64)
        np.maximum.at(latest, place, np.arange(len(rows)))
        held = sp.csr_matrix(
            (np.ones(len(rows)), (place, rows.code)), shape=(len(known), len(targets))
        )
        held.data[:] = 1
        vectors = self._vectors(held, targets)
        sparse = np.flatnonzero(counts < self.to)
        copied, code, weight = [], [], []
        for begin in range(0, len(sparse), 256):
            block = sparse[begin : begin + 256]
            ids, worth = self._nearest(held[block], vectors)
            wanted = np.arange(ids.shape[1])[None] < (self.to - counts[block])[:, None]
            at, column = np.nonzero(wanted & (worth > 0))
            copied.append(latest[block[at]])
            code.append(ids[at, column])
            weight.append(self.weight * worth[at, column])
        if not copied:
            return rows
        return with_pseudo(
            rows, np.concatenate(copied), np.concatenate(code), np.concatenate(weight), "session"
        )

    def _vectors(self, held: sp.csr_matrix, targets: Targets) -> Matrix:
        """Unit vectors of the targets; (C, d)."""
        if self.by == "text":
            from longshelf.models.rank.item_texts import item_vectors

            return item_vectors(targets, self.encoder, "PseudoSessions")
        length = np.sqrt(np.asarray(held.sum(axis=0)).ravel()).clip(1e-12)
        return sp.csr_matrix((held @ sp.diags(1 / length)).T)

    def _nearest(self, held: sp.csr_matrix, vectors: Matrix) -> tuple[IntArray, FloatArray]:
        """Items near to what some sources hold, and their nearness over that of the first."""
        product = (held @ vectors) @ vectors.T
        near = np.array(product.toarray() if sp.issparse(product) else product, dtype=float)
        row = np.repeat(np.arange(held.shape[0]), np.diff(held.indptr))
        near[row, held.indices] = 0.0
        ids, worth = largest(near, self.to)
        return ids, worth / np.maximum(worth[:, :1], 1e-12)
