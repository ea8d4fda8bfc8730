"""What the torch loop leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from longshelf.models.base import Head
from longshelf.models.network import Net, blocks, to_batch
from longshelf.tables import FloatArray, Matrix

__all__ = ["FittedNet"]


@dataclass
class FittedNet:
    """A trained network, able to score.

    Parameters
    ----------
    net : Net
    history : list of dict
        Loss, validation score, steps and seconds per epoch.
    """

    net: Net
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.net.free().values())

    @property
    def head(self) -> Head | None:
        head: Any = self.net.head
        if not getattr(head, "linear", False):
            return None
        self.net.eval()
        with torch.no_grad():
            return Head(head.weight.detach().cpu().numpy(), head.bias.detach().cpu().numpy())

    @torch.inference_mode()
    def scores(self, X: Matrix, block: int = 8192) -> FloatArray:
        """Scores of all targets, in blocks of rows; (n, C) float32."""
        return self._forward(X, block, self.net)

    @torch.inference_mode()
    def embeddings(self, X: Matrix, block: int = 8192) -> FloatArray:
        """What the head reads; (n, d) float32."""
        return self._forward(X, block, self.net.embed)

    def _forward(self, X: Matrix, block: int, read: Any) -> FloatArray:
        self.net.eval()
        device = next(self.net.parameters()).device
        found: FloatArray | None = None
        for index in blocks(X, block):
            part = read(to_batch(X, index, device)).float().cpu().numpy()
            if found is None:
                found = np.empty((X.shape[0], *part.shape[1:]), np.float32)
            found[index] = part
        assert found is not None
        return found
