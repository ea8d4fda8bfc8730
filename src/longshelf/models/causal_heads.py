"""Heads that remedies put in place of the linear one, around it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from longshelf.models.network import LinearHead

__all__ = ["AdjustedHead", "CrossHead", "MacrHead", "TextHead"]


class _Around(nn.Module):
    """A linear head and what is learned beside it."""

    def __init__(self, head: LinearHead) -> None:
        super().__init__()
        self.head = head

    @property
    def weight(self) -> Tensor:
        """One vector per target; (C, d)."""
        return self.head.weight

    @property
    def bias(self) -> Tensor:
        return self.head.bias

    def rows(self, ids: Tensor | None) -> Tensor:
        """Vectors of some targets, or of all; (k, d)."""
        return self.head.weight if ids is None else self.head.rows(ids)

    def reset(self) -> None:
        """Forget what the linear head learned."""
        self.head.reset()


class MacrHead(_Around):
    """Match times the appeal of the item times the ease of the source.

    Parameters
    ----------
    head : LinearHead
    c : float
        Taken off the match when predicting.
    """

    def __init__(self, head: LinearHead, c: float) -> None:
        super().__init__(head)
        self.c = c
        width = head.weight.shape[1]
        self.appeal = nn.Linear(width, 1, bias=False)
        self.ease = nn.Linear(width, 1, bias=False)
        nn.init.xavier_normal_(self.appeal.weight)
        nn.init.xavier_normal_(self.ease.weight)

    def forward(self, e: Tensor, ids: Tensor | None = None) -> Tensor:
        match = self.head(e, ids)
        appeal = torch.sigmoid(self.appeal(self.rows(ids)))[:, 0]
        shown = match if self.training else match - self.c
        z: Tensor = shown * appeal * torch.sigmoid(self.ease(e))
        return z


class AdjustedHead(_Around):
    """Plain scores while learning; ``(elu(z) + 1) * factor`` when predicting.

    Parameters
    ----------
    head : LinearHead
    factor : (C,) tensor
    """

    def __init__(self, head: LinearHead, factor: Tensor) -> None:
        super().__init__(head)
        self.factor: Tensor
        self.register_buffer("factor", factor)

    def forward(self, e: Tensor, ids: Tensor | None = None) -> Tensor:
        z: Tensor = self.head(e, ids)
        if self.training:
            return z
        factor = self.factor if ids is None else self.factor[ids]
        return (nn.functional.elu(z) + 1) * factor


class TextHead(_Around):
    """Target vectors of an id part and a text part; the id part is dropped at random.

    Parameters
    ----------
    head : LinearHead
        The id part.
    text : (C, t) tensor
        Text vectors.
    cold : (C,) bool tensor
        Targets without a training row: their id part means nothing.
    rate : float
        Probability of dropping an id part while learning.
    """

    linear = True

    def __init__(self, head: LinearHead, text: Tensor, cold: Tensor, rate: float) -> None:
        super().__init__(head)
        self.rate = rate
        self.project = nn.Linear(text.shape[1], head.weight.shape[1], bias=False)
        nn.init.normal_(self.project.weight, std=0.1)
        self.text: Tensor
        self.cold: Tensor
        self.register_buffer("text", text, persistent=False)
        self.register_buffer("cold", cold, persistent=False)

    @property
    def weight(self) -> Tensor:
        return self.rows(None)

    def rows(self, ids: Tensor | None) -> Tensor:
        own = super().rows(ids)
        text, cold = (self.text, self.cold) if ids is None else (self.text[ids], self.cold[ids])
        kept = ~cold
        if self.training:
            kept = kept & (torch.rand(len(own), device=own.device) >= self.rate)
        vectors: Tensor = own * kept[:, None] + self.project(text)
        return vectors

    def forward(self, e: Tensor, ids: Tensor | None = None) -> Tensor:
        bias = self.bias if ids is None else self.bias[ids]
        return e @ self.rows(ids).T + bias


class CrossHead(_Around):
    """Gated id and text vectors of targets, met by two readings of the source.

    Parameters
    ----------
    head : LinearHead
        The id part, which memorises.
    text : (C, t) tensor
        Text vectors, which generalise.
    frequency : (C,) tensor
        Log counts on [0, 1], which open the gate.
    """

    linear = False

    def __init__(self, head: LinearHead, text: Tensor, frequency: Tensor) -> None:
        super().__init__(head)
        width = head.weight.shape[1]
        self.project = nn.Linear(text.shape[1], width, bias=False)
        nn.init.normal_(self.project.weight, std=0.1)
        self.gate = nn.Linear(1, 1)
        nn.init.ones_(self.gate.weight)
        nn.init.zeros_(self.gate.bias)
        self.balanced = nn.Linear(width, width, bias=False)
        nn.init.eye_(self.balanced.weight)
        self.text: Tensor
        self.frequency: Tensor
        self.share: Tensor
        self.register_buffer("text", text, persistent=False)
        self.register_buffer("frequency", frequency, persistent=False)
        self.register_buffer("share", torch.ones(()))

    @property
    def weight(self) -> Tensor:
        return self.rows(None)

    def rows(self, ids: Tensor | None) -> Tensor:
        own = super().rows(ids)
        text = self.text if ids is None else self.text[ids]
        often = self.frequency if ids is None else self.frequency[ids]
        gate = torch.sigmoid(self.gate(often[:, None]))
        vectors: Tensor = gate * own + (1 - gate) * self.project(text)
        return vectors

    def forward(self, e: Any, ids: Tensor | None = None) -> Tensor:
        bias = self.bias if ids is None else self.bias[ids]
        read = self.share * e + (1 - self.share) * self.balanced(e)
        z: Tensor = read @ self.rows(ids).T + bias
        return z
