"""A small decoder that reads what is asked before what is written."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["Cache", "GptNetwork"]

Cache = list[tuple[Tensor, Tensor]]
"""Keys and values (B, heads, T, width / heads) of each layer."""


class Attention(nn.Module):
    """Causal self-attention; with a cache only new positions are computed."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.joint = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self, x: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        rows, length, width = x.shape
        split = self.joint(x).view(rows, length, 3, self.heads, width // self.heads)
        q, k, v = split.permute(2, 0, 3, 1, 4)  # (B, heads, T, width / heads) each
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        met = F.scaled_dot_product_attention(q, k, v, is_causal=past is None)
        return self.out(met.transpose(1, 2).reshape(rows, length, width)), k, v


class Layer(nn.Module):
    """Attention, then a two-layer network, each on normalised inputs and added to them."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.between = nn.LayerNorm(width)
        self.wide = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, x: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        met, k, v = self.attention(self.before(x), past)
        x = x + self.dropout(met)
        inner = F.gelu(self.wide(self.between(x)), approximate="tanh")
        return x + self.dropout(self.narrow(inner)), k, v


class GptNetwork(nn.Module):
    """Conditions as the first positions, then tokens; output weights are the token vectors.

    The vector of a condition is that of its field, plus one of its own, plus the mean of the token
    vectors of its words: a category seen in few texts, or in none, is still called by its name.

    Parameters
    ----------
    tokens : int
    words : sequence of sequences of lists of int
        For each field and each of its levels the tokens of the level's words.
    width, layers, heads : int
    dropout : float
    longest : int
        Tokens of a text, at most.
    """

    first: Tensor
    spelled: Tensor

    def __init__(
        self,
        tokens: int,
        words: Sequence[Sequence[list[int]]],
        *,
        width: int,
        layers: int,
        heads: int,
        dropout: float,
        longest: int,
    ) -> None:
        super().__init__()
        self.token = nn.Embedding(tokens, width)
        self.field = nn.Embedding(len(words), width)
        first = torch.tensor([0, *(1 + len(levels) for levels in words)]).cumsum(0)
        self.level = nn.Embedding(int(first[-1]), width)
        self.place = nn.Embedding(len(words) + longest, width)
        self.layers = nn.ModuleList(Layer(width, heads, dropout) for _ in range(layers))
        self.last = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("first", first[:-1], persistent=False)
        spelled = [pieces for levels in words for pieces in ([], *levels)]
        most = max(map(len, spelled), default=0) or 1
        padded = torch.tensor([[*pieces, *[-1] * (most - len(pieces))] for pieces in spelled])
        self.register_buffer("spelled", padded, persistent=False)
        self._start(layers)

    def _start(self, layers: int) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)
        nn.init.zeros_(self.field.weight)
        nn.init.zeros_(self.level.weight)
        for name, parameter in self.named_parameters():
            if name.endswith(("out.weight", "narrow.weight")):
                nn.init.normal_(parameter, std=0.02 / (2 * layers) ** 0.5)

    def asked(self, codes: Tensor) -> Tensor:
        """Vectors of conditions (B, fields) of codes, -1 where not stated; (B, fields, width)."""
        at = self.first + 1 + codes
        pieces = self.spelled[at]
        there = (pieces >= 0).float()[..., None]
        names: Tensor = (self.token(pieces.clamp(min=0)) * there).sum(2) / there.sum(2).clamp(min=1)
        level: Tensor = self.level(at)
        return self.field.weight + level + names

    def forward(self, codes: Tensor, ids: Tensor) -> Tensor:
        """What is predicted after the last condition and after each token; (B, 1 + T, tokens)."""
        x = torch.cat([self.asked(codes), self.token(ids)], dim=1)
        hidden, _ = self.read(x)
        return self.scores(hidden[:, codes.shape[1] - 1 :])

    def read(self, x: Tensor, cache: Cache | None = None) -> tuple[Tensor, Cache]:
        """Run new positions x (B, T, width) after those of a cache."""
        past = 0 if cache is None else cache[0][0].shape[2]
        x = self.dropout(x + self.place.weight[past : past + x.shape[1]])
        kept = []
        for at, layer in enumerate(self.layers):
            x, k, v = layer(x, None if cache is None else cache[at])
            kept.append((k, v))
        return x, kept

    def scores(self, hidden: Tensor) -> Tensor:
        """Logits of the next token."""
        scores: Tensor = self.last(hidden) @ self.token.weight.T
        return scores
