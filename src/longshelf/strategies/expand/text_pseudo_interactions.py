"""Choices of rare items, guessed from items that read alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.errors import InputError
from longshelf.slices import TAIL, cut
from longshelf.strategies.base import Strategy
from longshelf.strategies.expand.pseudo import of_sources, with_pseudo
from longshelf.tables import FloatArray, IntArray, Rows, Targets

__all__ = ["TextPseudoInteractions"]


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
        counts = targets.count(rows.code)
        tail = np.flatnonzero((cut(targets.natural).of == TAIL) & (counts < self.to))
        known = np.flatnonzero(counts > 0)
        near, alike = self._neighbours(targets, tail, known)
        order = np.argsort(rows.code, kind="stable")
        start = np.searchsorted(rows.code[order], np.arange(len(targets) + 1))
        copied, code, weight = [], [], []
        for item, ids, likeness in zip(tail, near, alike, strict=True):
            missing = self.to - int(counts[item])
            pool = [order[start[j] : start[j + 1]] for j in ids]
            at, shared = self._drawn(pool, likeness, missing, rng)
            own = source[order[start[item] : start[item + 1]]]
            first = np.sort(np.unique(source[at], return_index=True)[1])
            fresh = first[~np.isin(source[at[first]], own)]
            copied.append(at[fresh])
            weight.append(self.weight * shared[fresh])
            code.append(np.full(len(fresh), item))
        if not copied:
            return rows
        return with_pseudo(
            rows, np.concatenate(copied), np.concatenate(code), np.concatenate(weight), "text"
        )

    def _neighbours(
        self, targets: Targets, tail: IntArray, known: IntArray
    ) -> tuple[list[IntArray], list[FloatArray]]:
        """For each tail item the known items of similar text, and how similar they are."""
        from longshelf.models.rank.item_texts import item_vectors

        vectors = item_vectors(targets, self.encoder, "TextPseudoInteractions")
        near, alike = [], []
        for begin in range(0, len(tail), 512):
            block = tail[begin : begin + 512]
            product = vectors[block] @ vectors[known].T
            likeness = np.asarray(product.toarray() if hasattr(product, "toarray") else product)
            likeness[block[:, None] == known[None]] = -1.0
            k = min(self.neighbours, len(known))
            best = np.argsort(-likeness, axis=1, kind="stable")[:, :k]
            value = np.take_along_axis(likeness, best, axis=1)
            for ids, each in zip(known[best], value, strict=True):
                good = each >= max(self.least, 1e-6)
                near.append(ids[good])
                alike.append(each[good])
        return near, alike

    def _drawn(
        self, pool: list[IntArray], likeness: FloatArray, missing: int, rng: np.random.Generator
    ) -> tuple[IntArray, FloatArray]:
        """Up to ``missing`` rows of the neighbours, without repeats, and their similarity."""
        if not pool:
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        at = np.concatenate(pool)
        shared = np.minimum(np.repeat(likeness, [len(part) for part in pool]), 1.0)
        size = np.repeat([1 / len(part) for part in pool], [len(part) for part in pool])
        law = shared * size
        chosen = rng.choice(len(at), min(missing, len(at)), replace=False, p=law / law.sum())
        return at[chosen], shared[chosen]
