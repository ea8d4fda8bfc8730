"""Rows of a small long-tailed problem, and a network trained on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import torch

from longshelf.models.network import Body, LinearHead, Net
from longshelf.recipe import Recipe
from longshelf.strategies import Strategy
from longshelf.tables import Matrix, Rows, Targets, Valid
from longshelf.training import FittedNet, train

COUNTS = (120, 60, 24, 9, 3, 0)


@dataclass(frozen=True)
class Problem:
    """Gaussian classes, the last without a row."""

    X: Matrix
    rows: Rows
    targets: Targets

    @property
    def valid(self) -> Valid:
        return Valid(X=self.X, rows=self.rows)

    def fitted(self, strategy: Strategy, *, width: int = 8, **recipe: Any) -> FittedNet:
        """Train a small network with this strategy, the chain's ``fit`` included."""

        class Small:
            def fit(self, X, rows, valid, targets, strategy, rng):
                torch.manual_seed(0)
                d, size = X.shape[1], len(targets)
                layers = [torch.nn.Linear(d, width), torch.nn.Tanh()] if width else []
                net = Net(Body(), Body(*layers), LinearHead(width or d, size))
                settings = Recipe(**{"epochs": 6, "batch": 48, "rate": 0.02, **recipe})
                return train(net, X, rows, valid, targets, strategy, rng, settings)

        rng = np.random.default_rng(1)
        return strategy.fit(Small(), self.X, self.rows, self.valid, self.targets, strategy, rng)


def rows_of(y: np.ndarray, code: Any, **more: Any) -> Rows:
    """Rows without inputs or groups."""
    n = len(y)
    return Rows(
        id=np.arange(n),
        inputs=pl.DataFrame({"title": [f"row {i}" for i in range(n)]}),
        y=y,
        code=code,
        groups=pl.DataFrame({"group": ["a"] * n}),
        **more,
    )
