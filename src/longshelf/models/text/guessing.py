"""Guessing words of a text: those that were hidden, or those that come next."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from longshelf.models.text.encoder_net import Marks
from longshelf.models.text.tokens import TokenBatch

__all__ = ["Guess"]

NONE = -100
"""Stands where nothing is to be guessed."""


class Guess(nn.Module):
    """Cross-entropy of guessed tokens, scored against word vectors that stand still.

    Parameters
    ----------
    table : (V, d) tensor
        Word vectors.
    marks : Marks
        With a masking token, hidden tokens are guessed; without, the next one.
    share : float
        Of the tokens, those to be guessed where they are hidden.
    """

    table: Tensor

    def __init__(self, table: Tensor, marks: Marks, share: float) -> None:
        super().__init__()
        width = table.shape[1]
        self.layer = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.bias = nn.Parameter(torch.zeros(len(table)))
        self.register_buffer("table", table.detach().clone(), persistent=False)
        self.marks = marks
        self.share = share

    def task(self, x: TokenBatch) -> tuple[TokenBatch, Tensor]:
        """The batch as it is shown, and the token to guess at each place; (n, L), -100 for none."""
        if self.marks.masking is None:
            following = torch.full_like(x.ids, NONE)
            following[:, :-1] = torch.where(x.mask[:, 1:], x.ids[:, 1:], NONE)
            return x, following
        special = torch.tensor(self.marks.special, device=x.ids.device)
        words = x.mask & ~torch.isin(x.ids, special)
        chosen = words & (torch.rand(x.ids.shape, device=x.ids.device) < self.share)
        lot = torch.rand(x.ids.shape, device=x.ids.device)
        shown = torch.where(chosen & (lot < 0.8), self.marks.masking, x.ids)
        others = torch.randint(len(self.table), x.ids.shape, device=x.ids.device)
        shown = torch.where(chosen & (lot >= 0.9), others, shown)
        return replace(x, ids=shown), torch.where(chosen, x.ids, NONE)

    def forward(self, states: Tensor, wanted: Tensor) -> Tensor:
        """Mean cross-entropy over the places that are guessed; 0 where there is none."""
        at = wanted != NONE
        if not bool(at.any()):
            return states.sum() * 0.0
        scores = self.layer(states[at]) @ self.table.T + self.bias
        return nn.functional.cross_entropy(scores, wanted[at])
