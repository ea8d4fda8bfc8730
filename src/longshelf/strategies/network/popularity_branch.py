"""How well popularity alone explains a choice."""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["PopularityBranch"]


class PopularityBranch(nn.Module):
    """Vectors per level of popularity, one table for sources and one for targets.

    Parameters
    ----------
    source : (n,) long tensor
        Level of the source of each training row.
    target : (C,) long tensor
        Level of each target.
    width : int
    """

    def __init__(self, source: Tensor, target: Tensor, width: int) -> None:
        super().__init__()
        self.of_source = nn.Embedding(int(source.max()) + 1, width)
        self.of_target = nn.Embedding(int(target.max()) + 1, width)
        nn.init.xavier_normal_(self.of_source.weight)
        nn.init.xavier_normal_(self.of_target.weight)
        self.source: Tensor
        self.target: Tensor
        self.register_buffer("source", source, persistent=False)
        self.register_buffer("target", target, persistent=False)

    def forward(self, index: Tensor, ids: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Dot products and cosines of rows of the training part and targets; (n, k) each."""
        own = self.of_source(self.source[index])
        levels = self.target if ids is None else self.target[ids]
        theirs = self.of_target(levels)
        lengths = own.norm(dim=1)[:, None] * theirs.norm(dim=1)[None]
        dot = own @ theirs.T
        return dot, dot / lengths.clamp_min(1e-12)
