"""Lists with whatever is known beside them, handed out in blocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from longshelf.errors import InputError
from longshelf.metrics.lists.block import Block, Catalogue, places
from longshelf.metrics.lists.diversity import unit_length
from longshelf.slices import Slices
from longshelf.tables import FloatArray, IntArray, Ranking, Targets

__all__ = ["BLOCK", "Held"]

BLOCK = 1 << 15
"""Lists measured at once."""


@dataclass(frozen=True, eq=False)
class Held:
    """Lists and whatever is known beside them."""

    ranking: Ranking
    relevant: sp.csr_matrix
    targets: Targets
    slices: Slices
    history: sp.csr_matrix | None
    vectors: FloatArray | None
    propensity: FloatArray | None
    judged: sp.csr_matrix | None
    condensed: bool

    def check(self) -> None:
        """Refuse what does not fit together."""
        shape = (len(self.ranking.ids), len(self.targets))
        for name, given in (("relevance", self.relevant), ("judgements", self.judged)):
            if given is not None and given.shape != shape:
                raise InputError(
                    f"{shape[0]} lists over {shape[1]} targets need {name} of that shape, "
                    f"got {given.shape}"
                )
        for name, each in (("vector", self.vectors), ("propensity", self.propensity)):
            if each is not None and len(each) != shape[1]:
                raise InputError(f"{shape[1]} targets need one {name} each, got {len(each)}")
        if self.condensed and self.judged is None:
            raise InputError("the pool 'judged' needs to be told what was judged: give judged=")

    @property
    def u(self) -> int:
        """Lists."""
        return len(self.ranking.ids)

    @cached_property
    def given(self) -> frozenset[str]:
        """What metrics may need."""
        said = {
            "history": self.history is not None,
            "vectors": self.vectors is not None,
            "propensity": self.propensity is not None,
            "judged": self.judged is not None,
            "slices": bool((self.targets.natural > 0).any()),
            "grades": bool(self.relevant.nnz and self.relevant.data.max() > 1),
        }
        return frozenset(name for name, there in said.items() if there)

    @cached_property
    def catalogue(self) -> Catalogue:
        """What is known of the targets."""
        sliced = self.slices.members if "slices" in self.given else {}
        every = np.ones(len(self.targets), dtype=bool)
        users = None
        if self.history is not None:
            users = np.bincount(self.history.indices, minlength=len(self.targets)).astype(float)
        return Catalogue(
            natural=np.asarray(self.targets.natural, dtype=float)
            if len(self.targets.natural)
            else np.zeros(len(self.targets)),
            members={"all": every, **sliced},
            of=self.slices.of.astype(np.int64),
            users=users,
            sources=0 if self.history is None else self.history.shape[0],
            vectors=None if self.vectors is None else unit_length(self.vectors),
            propensity=self.propensity,
        )

    def block(self, start: int) -> Block:
        """Some of the lists."""
        some = slice(start, start + BLOCK)
        ids, scores = self.ranking.ids[some], self.ranking.scores[some]
        _refuse_repeats(ids, start)
        judged = None if self.judged is None else self.judged[some]
        if self.condensed and judged is not None:
            ids, scores = _condensed(ids, scores, judged)
        profile = None
        if self.history is not None:
            profile = self.history[self.ranking.sources[some]]
        return Block(
            ids=ids, scores=scores, relevant=self.relevant[some], catalogue=self.catalogue,
            profile=profile, judged=judged,
        )  # fmt: skip


def _refuse_repeats(ids: IntArray, start: int) -> None:
    ordered = np.sort(ids, axis=1)
    twice = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any(axis=1)
    if twice.any():
        raise InputError(
            f"a list holds a target once, but {int(twice.sum())} lists repeat one, "
            f"first list {start + int(twice.argmax())}; drop the repeats"
        )


def _condensed(
    ids: IntArray, scores: FloatArray, judged: sp.csr_matrix
) -> tuple[IntArray, FloatArray]:
    """Lists without what nobody judged."""
    source = np.repeat(np.arange(len(ids)), np.diff(judged.indptr))
    place = places(ids, source, judged.indices)
    there = place < ids.shape[1]
    kept = np.zeros(ids.shape, dtype=bool)
    kept[source[there], place[there]] = True
    order = np.argsort(~kept, axis=1, kind="stable")
    kept = np.take_along_axis(kept, order, axis=1)
    ids = np.where(kept, np.take_along_axis(ids, order, axis=1), -1)
    return ids, np.where(kept, np.take_along_axis(scores, order, axis=1), -np.inf)
