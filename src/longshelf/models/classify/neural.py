"""What the torch classifiers share: a seeded sandbox around the one training loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import scipy.sparse as sp

from longshelf.models.base import OF_ROWS, Model
from longshelf.strategies.base import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid

if TYPE_CHECKING:
    from longshelf.models.network import Net
    from longshelf.recipe import Recipe
    from longshelf.training import FittedNet

__all__ = ["LEARNING", "Neural", "learn"]

LEARNING = frozenset({"sample", "build", "logits", "loss", "step", "stages"})
"""Hooks called inside the torch loop."""


@dataclass(frozen=True, kw_only=True)
class Neural(Model):
    """A torch model: it makes a network and a recipe, the one loop does the rest."""

    abstract: ClassVar[bool] = True
    honours: ClassVar[frozenset[str]] = OF_ROWS | LEARNING
    kinds: ClassVar[frozenset[str]] = frozenset({"class", "multilabel", "value"})

    def network(self, width: int, outputs: int, *, sparse: bool) -> Net:
        """A fresh network for rows of this width; its random start follows torch's generator."""
        raise NotImplementedError

    def recipe(self, *, sparse: bool) -> Recipe:
        """How the network is optimised on sparse or on dense rows."""
        raise NotImplementedError

    def fit(
        self,
        X: Matrix,
        rows: Rows,
        valid: Valid,
        targets: Targets,
        strategy: Strategy,
        rng: np.random.Generator,
    ) -> FittedNet:
        sparse = sp.issparse(X)
        outputs = 1 if targets.kind == "value" else len(targets)
        return learn(
            lambda: self.network(X.shape[1], outputs, sparse=sparse),
            X, rows, valid, targets, strategy, rng, self.recipe(sparse=sparse),
        )  # fmt: skip


def learn(
    make: Callable[[], Net],
    X: Matrix,
    rows: Rows,
    valid: Valid,
    targets: Targets,
    strategy: Strategy,
    rng: np.random.Generator,
    recipe: Recipe,
) -> FittedNet:
    """Make and train a network with torch's generator seeded from ``rng`` and put back after.

    Parameters
    ----------
    make : callable
        Returns the network; called under the seed.
    X, rows, valid, targets, strategy, rng, recipe
        As for :func:`longshelf.training.train`.
    """
    import torch

    from longshelf.training import train

    with torch.random.fork_rng():
        torch.manual_seed(int(rng.integers(2**63)))
        return train(make(), X, rows, valid, targets, strategy, rng, recipe)
