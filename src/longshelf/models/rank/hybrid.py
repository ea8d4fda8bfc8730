"""Several rankings in one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.components import build, show
from longshelf.errors import InputError
from longshelf.models.base import Model
from longshelf.models.rank.scorer import Scorer
from longshelf.models.rank.top import top
from longshelf.strategies.base import Strategy
from longshelf.tables import FloatArray, IntArray, Matrix, Ranking, Rows, Targets, Valid

__all__ = ["FittedHybrid", "Hybrid"]

BLOCK = 1 << 16
"""Sources whose lists are held at once."""


@dataclass(frozen=True)
class FittedHybrid(Scorer):
    """Fitted members.

    Parameters
    ----------
    members : tuple of fitted rankers
    recipe : Hybrid
    targets : int
    """

    members: tuple[Any, ...]
    recipe: Hybrid
    targets: int

    @property
    def parameters(self) -> int:
        return sum(int(member.parameters) for member in self.members)

    def scores(self, X: Matrix) -> FloatArray:
        return self._fused(self._lists(X, self.recipe.depth, None), np.arange(X.shape[0]))

    def rank(self, X: Matrix, k: int, seen: sp.csr_matrix | None = None) -> Ranking:
        """The k best of the fused lists, without what was ``seen``."""
        parts = []
        for start in range(0, X.shape[0], BLOCK):
            block = X[start : start + BLOCK]
            left = None if seen is None else seen[start : start + BLOCK]
            lists = self._lists(block, max(k, self.recipe.depth), left)
            number = np.arange(block.shape[0])
            fused = partial(self._fused, lists)
            parts.append(top(fused, number, k, left, sources=start + number))
        return Ranking(
            sources=np.arange(X.shape[0]),
            ids=np.concatenate([part.ids for part in parts]),
            scores=np.concatenate([part.scores for part in parts]),
        )

    def _lists(self, X: Matrix, depth: int, seen: sp.csr_matrix | None) -> list[IntArray]:
        """The list of each member; (n, depth) each."""
        some = min(depth, self.targets)
        return [member.rank(X, some, seen).ids.astype(np.int32) for member in self.members]

    def _fused(self, lists: list[IntArray], at: IntArray) -> FloatArray:
        """Sum over members of ``1 / (constant + rank)``, 0 for what no list holds; (m, C)."""
        fused = np.zeros((len(at), self.targets), dtype=np.float32)
        for ids in lists:
            own = ids[at]
            row, place = np.nonzero(own >= 0)
            fused[row, own[row, place]] += 1 / (self.recipe.constant + place + 1)
        return fused


@dataclass(frozen=True, kw_only=True)
class Hybrid(Model):
    """Fuse the lists of several models by reciprocal rank [1]_: ``sum of 1 / (constant + rank)``.

    Needs no scale that scores of different models would share. The members read the same features:
    ``words`` for text models (bm25, dense_retrieval), ``ids`` for models of what sources had.

    Parameters
    ----------
    models : tuple of str, default ("bm25", "dense_retrieval")
        Two models or more, by name with their arguments.
    constant : float > 0, default 60.0
        The larger, the less the first places stand out.
    depth : int >= 1, default 200
        Length of the lists that are fused.

    Raises
    ------
    InputError
        If a model is unknown or ranks no items, or an argument is out of range.

    References
    ----------
    .. [1] Cormack, Clarke and Buettcher, Reciprocal Rank Fusion outperforms Condorcet and
       individual Rank Learning Methods, SIGIR 2009, section 2.

    Examples
    --------
    >>> Hybrid(models=("item_knn", "text_item_knn"))
    Hybrid(models=('item_knn', 'text_item_knn'), constant=60.0, depth=200)
    """

    abstract: ClassVar[bool] = False
    kinds: ClassVar[frozenset[str]] = frozenset({"item"})

    models: tuple[str, ...] = ("bm25", "dense_retrieval")
    constant: float = 60.0
    depth: int = 200

    def __post_init__(self) -> None:
        object.__setattr__(self, "models", tuple(show(build("model", m)) for m in self.models))
        if len(self.models) < 2 or not all("item" in member.kinds for member in self.rankers):
            raise InputError(f"hybrid fuses two rankers of items or more, got {self.models}")
        if self.constant <= 0 or self.depth < 1:
            raise InputError(
                f"hybrid needs a constant above 0 and a depth of at least 1, got {self.constant} "
                f"and {self.depth}"
            )

    @property
    def rankers(self) -> tuple[Model, ...]:
        """The models."""
        return tuple(build("model", name) for name in self.models)

    def check(self, strategy: Strategy, targets: Targets) -> None:
        super().check(strategy, targets)
        for member in self.rankers:
            member.check(strategy, targets)

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedHybrid:
        fitted = [m.fit(X, rows, valid, targets, strategy, rng) for m in self.rankers]
        return FittedHybrid(tuple(fitted), self, len(targets))
