"""Ids to vectors."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["IdStem"]


class IdStem(nn.Module):
    """One vector per id; ids beyond the table read the vector of id 0.

    Parameters
    ----------
    size : int
        Ids known.
    width : int
        Length of the vectors.
    by_row : bool, default False
        Leave sparse gradients, so that an optimiser moves the rows of a batch alone.
    std : float, default 0.1
        Standard deviation of the vectors at the start.
    """

    def __init__(self, size: int, width: int, *, by_row: bool = False, std: float = 0.1) -> None:
        super().__init__()
        self.table = nn.Embedding(size, width, sparse=by_row)
        nn.init.normal_(self.table.weight, std=std)

    def forward(self, x: Tensor) -> Tensor:
        ids = x[:, 0]
        known = torch.where(ids < self.table.num_embeddings, ids, 0)
        vectors: Tensor = self.table(known)
        return vectors
