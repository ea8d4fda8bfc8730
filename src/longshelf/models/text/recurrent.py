"""Word vectors through an LSTM in both directions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from longshelf.models.dropout import Dropout
from longshelf.models.text.recurrence import Steps, both_ways
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
        self.dropout = Dropout(dropout)

    def forward(self, h: Tensor, x: TokenBatch) -> Tensor:
        steps = Steps.of(x.lengths, h.shape[1])
        tokens = self.dropout(h.flatten(0, 1).index_select(0, steps.places))
        if tokens.device.type == "cpu" and torch.is_grad_enabled():
            states = both_ways(self.lstm, tokens, steps)
        else:
            states = self.lstm(nn.utils.rnn.PackedSequence(tokens, steps.counts))[0].data
        by_row = states.index_select(0, steps.rows)
        largest = torch.segment_reduce(by_row, "max", lengths=steps.lengths, axis=0)
        dropped: Tensor = self.dropout(largest)
        return dropped
