"""What the learning hooks see of a batch, and the rows batches are taken from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from longshelf.models.network import Bags, to_batch
from longshelf.strategies.base import Strategy
from longshelf.tables import IntArray, Matrix, Rows, Targets

__all__ = ["Batch", "Criterion", "Data", "plain_loss"]


@dataclass
class Batch:
    """What the learning hooks see of n rows.

    Parameters
    ----------
    x : Tensor or Bags
        Inputs of the stem.
    y : (n,) long, (n,) float or (n, C) float tensor
        Labels; positions in ``ids`` where targets are sampled.
    code : (n,) long tensor
        The imbalanced target, 0 where a row has several.
    weight : (n,) tensor
        Row weights, mean 1 over the training part.
    index : (n,) int array
        Positions in the training part.
    groups : (n,) long tensor or None
        Code of the first group axis.
    progress : float in [0, 1)
        Share of the epochs done.
    epoch : int
    ids : (k,) long tensor or None
        The targets scored, where a ``negatives`` law drew some.
    embedding : (n, d) tensor or None
        What the head read; set by the forward pass.
    """

    x: Any
    y: Tensor
    code: Tensor
    weight: Tensor
    index: IntArray
    groups: Tensor | None = None
    progress: float = 0.0
    epoch: int = 0
    ids: Tensor | None = None
    embedding: Tensor | Bags | None = None

    def __len__(self) -> int:
        return len(self.y)


def plain_loss(z: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy, mean binary cross-entropy or squared error of each row, by the labels; (n,)."""
    if batch.y.dtype == torch.long:
        return nn.functional.cross_entropy(z, batch.y, reduction="none")
    if batch.y.ndim == 2:
        loss = nn.functional.binary_cross_entropy_with_logits(z, batch.y, reduction="none")
        return loss.mean(dim=1)
    return (z[:, 0] - batch.y) ** 2


@dataclass(frozen=True)
class Criterion:
    """The loss of a batch; ``rows`` gives it before weights and mean."""

    strategy: Strategy
    targets: Targets

    def rows(self, z: Tensor, batch: Batch) -> Tensor:
        """Row losses, (n,)."""
        z = self.strategy.logits(z, batch, self.targets)  # hook: logits
        return self.strategy.loss(z, batch, self.targets)  # hook: loss

    def __call__(self, z: Tensor, batch: Batch) -> Tensor:
        return (self.rows(z, batch) * batch.weight).mean()


@dataclass
class Data:
    """The training part as the loop reads it.

    Parameters
    ----------
    X : Matrix
        Features of n rows.
    rows : Rows
    y, code, groups : tensors or None
        As in :class:`Batch`, of all rows.
    """

    X: Matrix
    rows: Rows
    y: Tensor
    code: Tensor
    groups: Tensor | None

    @classmethod
    def of(cls, X: Matrix, rows: Rows) -> Data:
        """What the loop needs of a part."""
        y = torch.from_numpy(rows.y.copy())
        y = y.long() if y.ndim == 1 and not y.is_floating_point() else y.float()
        plain = isinstance(rows.code, np.ndarray)
        code = (
            torch.from_numpy(rows.code.astype(np.int64)) if plain else torch.zeros(len(rows)).long()
        )
        groups = None
        if rows.groups.width:
            axis = rows.groups.to_series(0).cast(str).fill_null("").rank("dense")
            groups = torch.from_numpy(axis.to_numpy().astype(np.int64) - 1)
        return cls(X, rows, y, code, groups)

    def batch(self, index: IntArray, weight: Tensor, device: torch.device) -> Batch:
        """The rows at these positions, on a device."""
        at = torch.from_numpy(index)
        return Batch(
            x=to_batch(self.X, index, device),
            y=self.y[at].to(device),
            code=self.code[at].to(device),
            weight=weight[at].to(device),
            index=index,
            groups=None if self.groups is None else self.groups[at].to(device),
        )
