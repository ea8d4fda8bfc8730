"""The processor's LSTM gives what the library's gives, and its gradients."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from longshelf.models.text.recurrence import Steps, both_ways
from longshelf.models.text.recurrent import RecurrentBody
from longshelf.models.text.tokens import TokenBatch


def drawn(lengths, seed=0, width=5, hidden=4):
    torch.manual_seed(seed)
    h = torch.randn(len(lengths), max(lengths), width, dtype=torch.double)
    lstm = nn.LSTM(width, hidden, batch_first=True, bidirectional=True).double()
    return lstm, h, torch.tensor(lengths)


def gradients(states, lstm, h):
    lstm.zero_grad()
    (states * torch.arange(states.numel()).view_as(states).cos()).sum().backward()
    return [h.grad, *(p.grad.clone() for p in lstm.parameters())]


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=8), seed=st.integers(0, 9))
def test_states_and_gradients_are_those_of_the_library(lengths, seed):
    lstm, h, sizes = drawn(lengths, seed)
    steps = Steps.of(sizes, h.shape[1])
    found = []
    for packed in (False, True):
        own = h.clone().requires_grad_()
        tokens = own.flatten(0, 1)[steps.places]
        if packed:
            states = lstm(nn.utils.rnn.PackedSequence(tokens, steps.counts))[0].data
        else:
            states = both_ways(lstm, tokens, steps)
        found.append([states.detach(), *gradients(states, lstm, own)])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_steps_hold_every_token_once_and_turn_every_row(lengths):
    steps = Steps.of(torch.tensor(lengths), 9)
    held = np.arange(9) < np.array(lengths)[:, None]
    assert sorted(steps.places.tolist()) == np.flatnonzero(held).tolist()
    assert steps.places[steps.rows].tolist() == np.flatnonzero(held).tolist()
    rows = np.split(steps.rows.numpy(), np.cumsum(lengths)[:-1])
    for row in rows:
        assert steps.turned[row].tolist() == row[::-1].tolist()


def test_the_body_gives_the_largest_state_of_each_row_alone():
    torch.manual_seed(0)
    body = RecurrentBody(6, 3, 0.0)
    h, lengths = torch.randn(4, 7, 6), torch.tensor([7, 1, 4, 4])
    with torch.no_grad():
        together = body(h, TokenBatch(torch.zeros(4, 7, dtype=torch.long), lengths, lengths))
        for at, length in enumerate(lengths):
            alone = body.lstm(h[at : at + 1, :length])[0].amax(dim=1)[0]
            torch.testing.assert_close(together[at], alone)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_a_gpu_gives_the_same():
    torch.manual_seed(0)
    body, h, lengths = RecurrentBody(6, 3, 0.0), torch.randn(3, 5, 6), torch.tensor([5, 2, 3])
    batch = TokenBatch(torch.zeros(3, 5, dtype=torch.long), lengths, lengths)
    here = body(h, batch)
    there = body.cuda()(h.cuda(), batch.to(torch.device("cuda"))).cpu()
    torch.testing.assert_close(here, there, rtol=1e-4, atol=1e-5)
