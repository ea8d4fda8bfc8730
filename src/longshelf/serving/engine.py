"""Lists from a recommender's artifact: for a user, beside an item, and why."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

import numpy as np

from longshelf.artifact import Recommender
from longshelf.serving.arrange import quota, reserve, unlike
from longshelf.serving.cold import filled
from longshelf.serving.dials import Dials
from longshelf.serving.falling import Falling, best
from longshelf.serving.goods import Filter, Goods
from longshelf.serving.index import Index
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["Answer", "Engine", "Wish"]

NOTHING = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a list is asked for.

    Parameters
    ----------
    user : str, default ""
        A pseudonym; "" or an unknown one is a new user.
    touched : tuple of int
        Codes of what the user had or looked at since the artifact was made, latest last.
    k : int, default 20
    filter : Filter
    dials : Dials
    again : bool, default False
        The list may hold what the user had.
    """

    user: str = ""
    touched: tuple[int, ...] = ()
    k: int = 20
    filter: Filter = field(default_factory=Filter)
    dials: Dials = field(default_factory=Dials)
    again: bool = False


@dataclass(frozen=True)
class Answer:
    """Codes, best first, with what the learner gave them; basis: user, session or popular."""

    codes: list[int]
    scores: list[float]
    basis: str


class Engine:
    """Retrieval and re-ranking over one artifact; reads only, so threads may share it.

    Parameters
    ----------
    made : Recommender
    depth : int, default 100
        Candidates that indexes are checked for.
    """

    def __init__(self, made: Recommender, depth: int = 100) -> None:
        self.made = made
        made.seen.sort_indices()
        self.goods = Goods(made.catalogue)
        said = json.dumps(made.manifest, sort_keys=True).encode()
        self.version = hashlib.sha256(said).hexdigest()[:12]
        self.place = {user: row for row, user in enumerate(made.users)}
        self.items = filled(made)
        own = self.items[:, :-1] if made.biased else self.items
        length = np.linalg.norm(own, axis=1, keepdims=True)
        self.unit = np.divide(own, length, out=np.zeros_like(own), where=length > 0)
        self.index = Falling(self.items, self.goods.tail)
        self.alike = Index(self.unit, self.unit, depth)
        self.shelves = {
            name: Falling(self.items[codes], self.goods.tail[codes], codes)
            for name, codes in self.goods.shelves.items()
        }

    def seen(self, user: str) -> IntArray:
        """Codes of what a known user had; nothing for others."""
        row = self.place.get(user)
        if row is None:
            return NOTHING
        held = self.made.seen
        return np.asarray(held.indices[held.indptr[row] : held.indptr[row + 1]])

    def _had(self, user: str, touched: tuple[int, ...]) -> IntArray:
        """Codes of what a user had and touched, rising."""
        seen = self.seen(user)
        return np.union1d(seen, np.array(touched, dtype=np.int64)) if touched else seen

    def vector(self, user: str, touched: tuple[int, ...]) -> FloatArray | None:
        """A user's vector; what was touched since counts as much, each, as what was seen before."""
        row = self.place.get(user)
        fresh = self.made.folded(touched) if touched else None
        if row is None:
            return fresh
        known = self.made.vectors[row]
        if fresh is None:
            return np.asarray(known)
        before = max(1, len(self.seen(user)))
        mixed = (before * known + len(touched) * fresh) / (before + len(touched))
        return np.asarray(mixed, dtype=np.float32)

    def recommend(self, wish: Wish) -> Answer:
        """A list for a user, known, new with a session, or unknown altogether."""
        vector = self.vector(wish.user, wish.touched)
        hidden = NOTHING if wish.again else self._had(wish.user, wish.touched)
        if vector is None:
            return self._listed(*self._popular(hidden, wish), wish, "popular")
        codes, scores = self._candidates(vector, hidden, wish)
        basis = "user" if wish.user in self.place else "session"
        return self._listed(codes, scores, wish, basis)

    def _popular(self, hidden: IntArray, wish: Wish) -> tuple[IntArray, FloatArray]:
        shown = self._shown(hidden)
        codes = self.goods.popular[shown[self.goods.popular]]
        if not wish.filter.open:
            codes = codes[self.goods.passes(codes, wish.filter)]
        head = codes[: wish.dials.depth]
        if wish.dials.tail:
            rare = codes[self.goods.tail[codes]][: reserve(wish.k, wish.dials.tail)]
            head = np.concatenate([head, rare[~np.isin(rare, head)]])
        return head, np.log1p(self.goods.counts[head]).astype(np.float32)

    def _shown(self, hidden: IntArray) -> BoolArray:
        shown = np.ones(len(self.goods), dtype=bool)
        shown[hidden] = False
        return shown

    def _candidates(
        self, vector: FloatArray, hidden: IntArray, wish: Wish
    ) -> tuple[IntArray, FloatArray]:
        """The best that may be shown, and enough of the tail among them."""
        depth = max(wish.k, wish.dials.depth) if wish.dials.diversity else wish.k
        name = wish.filter.category
        index = self.index if name is None else self.shelves.get(name)
        if index is None:
            return NOTHING, np.zeros(0, np.float32)
        rare = reserve(wish.k, wish.dials.tail)
        return index.search(vector, depth, hidden, self.goods.price, wish.filter, rare)

    def _listed(self, codes: IntArray, scores: FloatArray, wish: Wish, basis: str) -> Answer:
        if wish.dials.diversity and len(codes):
            first = unlike(scores, self.unit[codes], wish.k, wish.dials.diversity)
            rest = np.ones(len(codes), dtype=bool)
            rest[first] = False
            order = np.concatenate([first, np.flatnonzero(rest)])
            codes, scores = codes[order], scores[order]
        if wish.dials.tail:
            kept = quota(self.goods.tail[codes], wish.k, wish.dials.tail)
            codes, scores = codes[kept], scores[kept]
        return Answer(codes[: wish.k].tolist(), scores[: wish.k].tolist(), basis)

    def related(self, code: int, k: int, wanted: Filter, depth: int = 100) -> Answer:
        """Items whose vectors point the same way; the popular ones beside an item without a vector."""
        hidden = np.array([code])
        if not self.unit[code].any():
            wish = Wish(k=k, filter=wanted, dials=Dials(depth=max(20, k)))
            return self._listed(*self._popular(hidden, wish), wish, "popular")
        codes, scores = self.alike.search(self.unit[code], depth)
        kept = (codes != code) & self.goods.passes(codes, wanted)
        if np.count_nonzero(kept) < k:
            every = self.goods.passing(wanted)
            every = every[every != code]
            codes, scores = best(every, self.unit[every] @ self.unit[code], k)
            return Answer(codes.tolist(), scores.tolist(), "item")
        return Answer(codes[kept][:k].tolist(), scores[kept][:k].tolist(), "item")

    def explain(self, user: str, touched: tuple[int, ...], code: int, k: int = 3) -> Answer:
        """Which of a user's items pulled this one: their shares of the products with it.

        A new user's score is the sum of these products, so that the shares are exact; for a known
        user they say which of the items are nearest to it in what the model learned.
        """
        had = self._had(user, touched)
        had = had[had != code]
        own = self.items[:, :-1] if self.made.biased else self.items
        pull = np.maximum(own[had] @ own[code], 0)
        if not pull.sum() > 0:
            return Answer([], [], "popular")
        codes, shares = best(had, pull / pull.sum(), k)
        kept = shares > 0
        return Answer(codes[kept].tolist(), shares[kept].tolist(), "item")
