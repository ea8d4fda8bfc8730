"""Choices of rare items, guessed from items that read alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError
from longshelf.slices import TAIL, cut
from longshelf.strategies.base import Strategy
from longshelf.strategies.expand.pseudo import largest, of_sources, with_pseudo
from longshelf.tables import FloatArray, IntArray, Rows, Targets

__all__ = ["TextPseudoInteractions"]

BLOCK = 128
"""Tail items compared with all others at once."""

SPARE = 3
"""Rows drawn per row asked for, since some repeat a choice."""


@dataclass(frozen=True, kw_only=True)
class TextPseudoInteractions(Strategy):
    """Give tail items choices by those who chose items of similar text, at less weight.

    Each tail item takes, up to a floor, rows of its nearest neighbours by text among the items
    that have rows, drawn in proportion to similarity; a copy names the tail item instead and
    weighs ``weight * similarity``. Content-boosted collaborative filtering [1]_, for the tail
    only: a source gets no item twice. Items without any row are served too.

    Parameters
    ----------
    to : int >= 1, default 10
        Rows each tail item should have, real ones counted.
    weight : float in (0, 1), default 0.3
        Of a copy at similarity 1.
    neighbours : int >= 1, default 10
    least : float in [0, 1], default 0.3
        Similarity under which an item is no neighbour.
    encoder : str, default "tf_idf"
        Features of text: ``tf_idf``, ``minilm``, ``encoder(name=...)``.

    Raises
    ------
    NotApplicable
        If targets are no items, or have no text.

    References
    ----------
    .. [1] Melville et al., Content-Boosted Collaborative Filtering for Improved Recommendations,
       AAAI 2002, section 3.

    Examples
    --------
    >>> TextPseudoInteractions(to=5).hooks
    frozenset({'expand'})
    """

    to: int = 10
    weight: float = 0.3
    neighbours: int = 10
    least: float = 0.3
    encoder: str = "tf_idf"

    def __post_init__(self) -> None:
        if self.to < 1 or self.neighbours < 1:
            raise InputError(
                "TextPseudoInteractions needs to and neighbours from 1, "
                f"got {self.to} and {self.neighbours}"
            )
        if not 0 < self.weight < 1 or not 0 <= self.least <= 1:
            raise InputError(
                "TextPseudoInteractions needs weight in (0, 1) and least in [0, 1], "
                f"got {self.weight} and {self.least}"
            )

    def expand(self, rows: Rows, targets: Targets, rng: np.random.Generator) -> Rows:
        source = of_sources(rows, targets, "TextPseudoInteractions")
        counts = targets.count(rows.code).astype(np.int64)
        tail = np.flatnonzero((cut(targets.natural).of == TAIL) & (counts < self.to))
        near, alike = self._neighbours(targets, tail, np.flatnonzero(counts > 0))
        served = alike.sum(axis=1) > 0
        tail, near, alike = tail[served], near[served], alike[served]
        missing = self.to - counts[tail]
        place = np.repeat(np.arange(len(tail)), SPARE * missing)
        chosen = (alike.cumsum(axis=1) / alike.sum(axis=1, keepdims=True))[place]
        which = (rng.random(len(place))[:, None] >= chosen[:, :-1]).sum(axis=1)
        neighbour, likeness = near[place, which], alike[place, which]
        order = np.argsort(rows.code, kind="stable")
        first = np.searchsorted(rows.code[order], neighbour)
        at = order[first + (rng.random(len(place)) * counts[neighbour]).astype(np.int64)]
        pair = source[at] * len(targets) + tail[place]
        fresh = np.sort(np.unique(pair, return_index=True)[1])
        fresh = fresh[~np.isin(pair[fresh], source * len(targets) + rows.code)]
        rank = np.arange(len(fresh)) - np.searchsorted(place[fresh], place[fresh])
        kept = fresh[rank < missing[place[fresh]]]
        weight = self.weight * np.minimum(likeness[kept], 1.0)
        return with_pseudo(rows, at[kept], tail[place[kept]], weight, "text")

    def _neighbours(
        self, targets: Targets, tail: IntArray, known: IntArray
    ) -> tuple[IntArray, FloatArray]:
        """Known items of similar text for each tail item, (t, k), and how similar: 0 is none."""
        from longshelf.models.rank.item_texts import item_vectors

        vectors = item_vectors(targets, self.encoder, "TextPseudoInteractions")
        k = min(self.neighbours, len(known))
        near = np.zeros((len(tail), k), dtype=np.int64)
        alike = np.zeros((len(tail), k))
        for begin in range(0, len(tail), BLOCK):
            block = tail[begin : begin + BLOCK]
            product = vectors[block] @ vectors[known].T
            likeness = np.asarray(product.toarray() if hasattr(product, "toarray") else product)
            likeness[block[:, None] == known[None]] = 0.0
            best, value = largest(likeness, k)
            near[begin : begin + BLOCK] = known[best]
            alike[begin : begin + BLOCK] = np.where(value >= max(self.least, 1e-6), value, 0.0)
        return near, alike
