"""A few likely classes of a text out of many, cheaply."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from longshelf.models.rank.item_texts import ItemTexts
from longshelf.models.rank.nearest import unit_rows
from longshelf.tables import FloatArray, IntArray

__all__ = ["Shortlist"]

ENCODER = "tf_idf(words=None, characters=(2, 4), min_rows=1)"
BLOCK = 1024
"""Texts whose likeness to every class is held at once."""


class Shortlist:
    """Classes by the likeness of their words to a text.

    A class is the sum of the unit vectors of its name, with its description, and of its texts,
    at length 1; a text is compared by cosine of TF-IDF over runs of two to four characters inside
    words, which serves any language. Classes alike are taken by their share.

    Parameters
    ----------
    names : sequence of C str
        With what else is said of the classes.
    texts : sequence of n str
        Examples; none compares with names alone.
    code : (n,) int array
        Class of each.
    share : (C,) float array

    Examples
    --------
    >>> kinds = Shortlist(["Ties", "Mugs", "Socks"], [], np.zeros(0, int), np.array([0.2, 0.3, 0.5]))
    >>> kinds.of(["a white mug", "?"], 2).tolist()
    [[1, 2], [2, 1]]
    """

    def __init__(
        self, names: Sequence[str], texts: Sequence[str], code: IntArray, share: FloatArray
    ) -> None:
        self.share = share
        self.encoder = ItemTexts(ENCODER, [*names, *texts], "a shortlist of classes")
        vectors = self.encoder.encode([*names, *texts])
        owner = np.concatenate([np.arange(len(names)), code])
        belongs = sp.csr_matrix(
            (np.ones(len(owner), np.float32), (owner, np.arange(len(owner)))),
            shape=(len(names), len(owner)),
        )
        self.classes = unit_rows(sp.csr_matrix(belongs @ vectors))

    def of(self, texts: Sequence[str], k: int) -> IntArray:
        """The k likeliest classes of each text, likeliest first; (n, k)."""
        found = [np.zeros((0, k), np.int64)]
        for start in range(0, len(texts), BLOCK):
            asked = self.encoder.encode(list(texts[start : start + BLOCK]))
            alike = np.round((asked @ self.classes.T).toarray(), 6)
            share = np.broadcast_to(self.share, alike.shape)
            found.append(np.lexsort((-share, -alike), axis=1)[:, :k])
        return np.concatenate(found)
