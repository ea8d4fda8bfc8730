"""A simulated shop whose users are known: every click has a probability that can be looked up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
import scipy.sparse as sp

from longshelf.datasets.marketplace import Marketplace
from longshelf.datasets.marketplace.behaviour import GROUPS, examination
from longshelf.slices import cut
from longshelf.tables import BoolArray, FloatArray, IntArray

__all__ = ["Log", "Shop"]


@dataclass(frozen=True)
class Log:
    """Clicks in the order they came.

    Parameters
    ----------
    user, item, position : (n,) int arrays
        Who clicked what, and where it stood; the first position is 1.
    """

    user: IntArray
    item: IntArray
    position: IntArray

    def __len__(self) -> int:
        return len(self.user)

    def then(self, later: Log) -> Log:
        """These clicks followed by later ones."""
        return Log(
            np.concatenate([self.user, later.user]),
            np.concatenate([self.item, later.item]),
            np.concatenate([self.position, later.position]),
        )

    def counts(self, users: int, items: int) -> sp.csr_matrix:
        """Clicks of each user on each item; (users, items)."""
        return sp.csr_matrix(
            (np.ones(len(self)), (self.user, self.item)), shape=(users, items), dtype=np.float64
        )


@dataclass(frozen=True)
class Shop:
    """Users of known taste in front of a catalogue.

    Parameters
    ----------
    items : polars.DataFrame
        The catalogue, one row per item.
    group : (U,) int array
        0 majority, 1 minority.
    kind : (U,) int array
        Row of ``attraction``: users of one group and one favourite class are alike.
    attraction : (t, n) float array
        P(click | looked at) of every item, the mean over the seasons.
    looked : (k,) float array
        Probability that each place of a list is looked at.
    start : Log
        A year of clicks on what the shop showed by popularity, before any recommender.
    """

    items: pl.DataFrame
    group: IntArray
    kind: IntArray
    attraction: FloatArray
    looked: FloatArray
    start: Log

    @classmethod
    def of(cls, source: Marketplace, k: int) -> Shop:
        """Draw the shop a data source describes, with lists of k places.

        Examples
        --------
        >>> shop = Shop.of(Marketplace(users=50, items=200), k=5)
        >>> len(shop), shop.welfare(shop.best()).min() > 0
        (50, True)
        """
        parts = [(users, shown.filter("click")) for users, shown in source.chunks()]
        users = pl.concat([part for part, _ in parts])
        clicks = pl.concat([shown for _, shown in parts]).sort("time", "user")
        group = (users["group"] == GROUPS[1]).to_numpy().astype(np.int64)
        pairs, kind = np.unique(
            np.stack([group, users["favourite"].to_numpy()]), axis=1, return_inverse=True
        )
        return cls(
            items=source.catalogue.frame,
            group=group,
            kind=kind.reshape(-1),
            attraction=source.behaviour.attraction(pairs[0], pairs[1]),
            looked=examination(source.position_decay, k),
            start=Log(
                clicks["user"].to_numpy(),
                clicks["item"].to_numpy(),
                clicks["position"].cast(pl.Int64).to_numpy(),
            ),
        )

    def __len__(self) -> int:
        return len(self.kind)

    @cached_property
    def tail(self) -> BoolArray:
        """Items of the tail by the clicks of the start, for good; (n,)."""
        counts = np.bincount(self.start.item, minlength=self.items.height).astype(float)
        return np.asarray(cut(counts).members.get("tail", counts == 0))

    def looked_at(self, position: IntArray) -> FloatArray:
        """Probability that a place was looked at, places beyond the list as its last; (n,)."""
        return np.asarray(self.looked[np.minimum(position, len(self.looked)) - 1])

    def chance(self, ids: IntArray) -> FloatArray:
        """P(click) of every listed item, padding 0; (U, k)."""
        looked = self.looked[: ids.shape[1]]
        found = self.attraction[self.kind[:, None], np.maximum(ids, 0)] * looked
        return np.where(ids >= 0, found, 0.0)

    def welfare(self, ids: IntArray) -> FloatArray:
        """Clicks each user's list earns in expectation; (U,)."""
        return np.asarray(self.chance(ids).sum(axis=1))

    def best(self) -> IntArray:
        """The lists that nobody can better: the most attractive items, the best first; (U, k)."""
        k = len(self.looked)
        return np.argsort(-self.attraction, axis=1, kind="stable")[:, :k][self.kind]

    def clicks(self, ids: IntArray, rng: np.random.Generator) -> Log:
        """What users click of their lists, in random order of users."""
        who, place = np.nonzero(rng.random(ids.shape) < self.chance(ids))
        order = rng.permutation(len(self))[who].argsort(kind="stable")
        who, place = who[order], place[order]
        return Log(who, ids[who, place], place + 1)
