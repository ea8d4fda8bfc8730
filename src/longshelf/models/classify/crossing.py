"""Layers that multiply features with one another."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from longshelf.models.dropout import Dropout
from longshelf.models.network import Bags, SparseStem, product

__all__ = ["CrossBody", "DeepBody", "FactorBody", "TwoInputBody", "Widened"]


class FactorBody(nn.Module):
    """First and second order of a factorisation machine, side by side.

    Second order per factor: half of the squared sum minus the sum of squares of ``x_i v_i``.

    Parameters
    ----------
    features : int
    factors : int
        Length of a feature's vector.
    outputs : int
        Columns of the first order.
    """

    def __init__(self, features: int, factors: int, outputs: int) -> None:
        super().__init__()
        self.vectors = nn.Parameter(torch.randn(features, factors) * 0.1)
        self.slopes = nn.Parameter(torch.randn(features, outputs) * 0.1)

    def pooled(self, x: Tensor | Bags) -> tuple[Tensor, Tensor]:
        """Sum of ``x_i v_i``, and of pairwise products, per factor; (n, k) each."""
        total = product(x, self.vectors.T)
        squares = product(_squared(x), self.vectors.square().T)
        return total, (total.square() - squares) / 2

    def forward(self, x: Tensor | Bags, given: Any = None) -> Tensor:
        return torch.cat([product(x, self.slopes.T), self.pooled(x)[1]], dim=1)


class DeepBody(nn.Module):
    """A factorisation machine beside a perceptron that reads the same feature vectors."""

    def __init__(
        self, features: int, factors: int, outputs: int, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        self.factors = FactorBody(features, factors, outputs)
        self.deep = nn.Sequential(
            nn.Linear(factors, hidden), nn.ReLU(), Dropout(dropout),
            nn.Linear(hidden, hidden), nn.ReLU(), Dropout(dropout),
        )  # fmt: skip

    def forward(self, x: Tensor | Bags, given: Any = None) -> Tensor:
        total, pairs = self.factors.pooled(x)
        first = product(x, self.factors.slopes.T)
        return torch.cat([first, pairs, self.deep(total)], dim=1)


class Widened(nn.Module):
    """Dense features as they are; sparse ones through a linear layer."""

    def __init__(self, features: int, width: int, *, sparse: bool) -> None:
        super().__init__()
        self.layer = SparseStem(features, width) if sparse else nn.Identity()

    def forward(self, x: Tensor | Bags) -> Tensor:
        dense: Tensor = self.layer(x)
        return dense


class CrossBody(nn.Module):
    """Cross layers ``x <- x0 * (W x + b) + x`` beside a perceptron, both reading ``x0``."""

    def __init__(self, width: int, layers: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.crosses = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        self.deep = nn.Sequential(
            nn.Linear(width, hidden), nn.ReLU(), Dropout(dropout),
            nn.Linear(hidden, hidden), nn.ReLU(), Dropout(dropout),
        )  # fmt: skip

    def crossed(self, x0: Tensor) -> Tensor:
        """After the last cross layer; (n, d)."""
        x = x0
        for layer in self.crosses:
            x = x0 * layer(x) + x
        return x

    def forward(self, x: Tensor, given: Any = None) -> Tensor:
        return torch.cat([self.crossed(x), self.deep(x)], dim=1)


class TwoInputBody(nn.Module):
    """Each input through a layer of its own; then both, and their product, through two more.

    Parameters
    ----------
    first, second : int
        Columns of the two inputs.
    width, hidden : int
        Of the layer over each input, and of the one over both.
    dropout : float
    sparse : bool
    """

    def __init__(
        self, first: int, second: int, width: int, hidden: int, dropout: float, *, sparse: bool
    ) -> None:
        super().__init__()
        self.at = first
        layer: Any = SparseStem if sparse else nn.Linear
        self.left, self.right = layer(first, width), layer(second, width)
        self.joined = nn.Sequential(
            nn.Linear(3 * width, hidden), nn.ReLU(), Dropout(dropout),
            nn.Linear(hidden, hidden), nn.ReLU(), Dropout(dropout),
        )  # fmt: skip

    def forward(self, x: Tensor | Bags, given: Any = None) -> Tensor:
        first, second = _divided(x, self.at)
        left, right = self.left(first).relu(), self.right(second).relu()
        out: Tensor = self.joined(torch.cat([left, right, left * right], dim=1))
        return out


def _squared(x: Tensor | Bags) -> Tensor | Bags:
    if isinstance(x, Bags):
        return Bags(x.rows.multiply(x.rows).tocsr())
    return x.square()


def _divided(x: Tensor | Bags, at: int) -> tuple[Tensor | Bags, Tensor | Bags]:
    if isinstance(x, Bags):
        return Bags(x.rows[:, :at]), Bags(x.rows[:, at:])
    return x[:, :at], x[:, at:]
