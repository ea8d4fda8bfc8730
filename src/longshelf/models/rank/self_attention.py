"""Causal self-attention over item sequences."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, gelu, scaled_dot_product_attention

from longshelf.models.network import LinearHead
from longshelf.models.rank.histories import Sequences

__all__ = ["AttentionBody", "AttentionLayer", "SequenceStem"]


class SequenceStem(nn.Module):
    """Item vectors of a head's table plus position vectors, normalised.

    Positions count from the oldest item, so a history reads alike whatever follows it.

    Parameters
    ----------
    head : LinearHead
        Its table holds the item vectors: inputs and outputs share them.
    length : int
        Longest history.
    rate : float
        Dropout.
    """

    def __init__(self, head: LinearHead, length: int, rate: float) -> None:
        super().__init__()
        width = head.weight.shape[1]
        self.head = head
        self.position = nn.Parameter(torch.randn(length, width) * 0.02)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.rate = rate

    def forward(self, x: Sequences | Tensor) -> Tensor:
        items = Sequences.of(x).items
        own = self.head.rows((items - 1).clamp_min(0))
        h = (own + self.position[: items.shape[1]]) * (items > 0)[..., None]
        return dropout(self.norm(h), self.rate, self.training)


class AttentionLayer(nn.Module):
    """Causal multi-head attention, then two dense layers, each added and normalised.

    Parameters
    ----------
    width, heads : int
    rate : float
        Dropout, of attention weights as well.
    """

    def __init__(self, width: int, heads: int, rate: float) -> None:
        super().__init__()
        self.heads, self.rate = heads, rate
        self.mixing = nn.Linear(width, 3 * width)
        self.joining = nn.Linear(width, width)
        self.upward, self.downward = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width, eps=1e-12) for _ in range(2))
        for layer in (self.mixing, self.joining, self.upward, self.downward):
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def attend(self, h: Tensor) -> Tensor:
        """What each position reads of itself and those before it; (s, L, d)."""
        split = self.mixing(h).unflatten(2, (3, self.heads, -1))  # (s, L, 3, heads, d / heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        rate = self.rate if self.training else 0.0
        read = scaled_dot_product_attention(query, key, value, dropout_p=rate, is_causal=True)
        joined: Tensor = self.joining(read.transpose(1, 2).flatten(2))
        return joined

    def forward(self, h: Tensor) -> Tensor:
        h = self.norms[0](h + dropout(self.attend(h), self.rate, self.training))
        dense = self.downward(gelu(self.upward(h)))
        out: Tensor = self.norms[1](h + dropout(dense, self.rate, self.training))
        return out


class AttentionBody(nn.Module):
    """Layers of causal attention, read at the end of each row's history.

    A row without history reads a vector of its own.

    Parameters
    ----------
    width, layers, heads : int
    rate : float
        Dropout.
    """

    def __init__(self, width: int, layers: int, heads: int, rate: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(AttentionLayer(width, heads, rate) for _ in range(layers))
        self.start = nn.Parameter(torch.zeros(width))

    def forward(self, h: Tensor, x: Sequences | Tensor) -> Tensor:
        for layer in self.layers:
            h = layer(h)
        where = Sequences.of(x)
        read = h[where.sequence, where.last.clamp_min(0)]
        return torch.where((where.last < 0)[:, None], self.start, read)
