"""Word vectors through an LSTM in both directions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from longshelf.models.text.tokens import TokenBatch

__all__ = ["RecurrentBody"]


class RecurrentBody(nn.Module):
    """The largest state of each unit over the tokens of a row; (n, 2 hidden).

    Parameters
    ----------
    width : int
        Length of a word vector.
    hidden : int
        States of each direction.
    dropout : float
        Of the vectors read and of those given.
    """

    def __init__(self, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, h: Tensor, x: TokenBatch) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(
            self.dropout(h), x.lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        largest: Tensor = torch.where(x.mask[..., None], states, -torch.inf).amax(dim=1)
        dropped: Tensor = self.dropout(largest)
        return dropped
