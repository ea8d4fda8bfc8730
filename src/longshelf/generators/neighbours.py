"""Words that stand between the same words: the nearest thing to synonyms without a dictionary."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import scipy.sparse as sp

__all__ = ["Neighbours"]

EDGE = ""
"""Stands before the first and after the last word."""


class Neighbours:
    """Words of some texts by what stands directly left and right of them.

    A word's vector holds the positive pointwise mutual information [1]_ of it and each word that
    stands left or right of it, the two apart; nearness is the cosine. Such words fill the same place
    in a text, which makes them synonyms (*tee*, *t-shirt*) or siblings (*red*, *blue*): what they
    mean may differ.

    Parameters
    ----------
    texts : iterable of sequences of str
        Words of each text; case is ignored.
    least : int, default 3
        Occurrences from which a word is offered as a neighbour.

    References
    ----------
    .. [1] Church and Hanks, Word Association Norms, Mutual Information, and Lexicography,
       Computational Linguistics 1990; Levy and Goldberg, CoNLL 2014, section 3.1.

    Examples
    --------
    >>> texts = [t.split() for t in ("a red shoe", "a blue shoe", "the red hat", "the blue hat")]
    >>> Neighbours(texts, least=1).near("Red", 1)
    ['blue']
    """

    def __init__(self, texts: Iterable[Sequence[str]], least: int = 3) -> None:
        surface: defaultdict[str, Counter[str]] = defaultdict(Counter)
        pairs: Counter[tuple[str, str, int]] = Counter()
        for words in texts:
            lower = [word.lower() for word in words]
            for word, low in zip(words, lower, strict=True):
                surface[low][word] += 1
            around = [EDGE, *lower, EDGE]
            for at, low in enumerate(lower):
                pairs[low, around[at], 0] += 1
                pairs[low, around[at + 2], 1] += 1
        self.words = sorted(surface)
        self.place = {word: at for at, word in enumerate(self.words)}
        self.shown = [surface[word].most_common(1)[0][0] for word in self.words]
        often = np.array([surface[word].total() for word in self.words], dtype=float)
        self.offered = often >= least
        self.vectors = self._vectors(pairs)
        self._found: dict[tuple[int, int], list[str]] = {}

    def near(self, word: str, k: int) -> list[str]:
        """At most k words that stand where this one stands, nearest first, as most often written."""
        place = self.place.get(word.lower())
        if place is None or k < 1:
            return []
        if (place, k) not in self._found:
            alike = (self.vectors @ self.vectors[place].T).toarray().ravel()
            alike[place] = 0.0
            alike[~self.offered] = 0.0
            best = np.argsort(-alike, kind="stable")[:k]
            self._found[place, k] = [self.shown[at] for at in best if alike[at] > 0]
        return self._found[place, k]

    def _vectors(self, pairs: Counter[tuple[str, str, int]]) -> sp.csr_matrix:
        """Positive mutual information of words and their sides, rows at length 1; (words, sides)."""
        width = len(self.words) + 1
        word, side, count = [], [], []
        for (low, beside, right), n in pairs.items():
            word.append(self.place[low])
            side.append(self.place.get(beside, width - 1) + right * width)
            count.append(n)
        shape = (len(self.words), 2 * width)
        table = sp.csr_matrix((np.array(count, dtype=float), (word, side)), shape=shape)
        total = table.sum() or 1.0
        rows, columns = (np.asarray(table.sum(axis=axis)).ravel() for axis in (1, 0))
        seen = table.tocoo()
        information = np.log(seen.data * total / (rows[seen.row] * columns[seen.col]))
        kept = information > 0
        made = sp.csr_matrix((information[kept], (seen.row[kept], seen.col[kept])), shape=shape)
        length = np.sqrt(np.asarray(made.multiply(made).sum(axis=1)).ravel())
        return sp.csr_matrix(sp.diags_array(1 / np.maximum(length, 1e-12)) @ made)
