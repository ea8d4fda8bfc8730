"""Attention with dropout: held against plain steps in double precision, and where it is taken."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from longshelf.models.dropout import STEPS, drop
from longshelf.models.random_bits import draws
from longshelf.models.text import attention, packed
from longshelf.models.text.packed import Packing

SCALE = 0.3


def plain(sides, starts, drawn, p, causal):
    """The same, row by row and head by head, each step by torch."""
    heads = sides[0].shape[1]
    cut, at, rows = round(p * STEPS), 0, []
    for first, last in pairwise(starts):
        n, own = last - first, []
        for head in range(heads):
            q, k, v = (side[first:last, head] for side in sides)
            seen = torch.ones(n, n).tril() if causal else torch.ones(n, n)
            count = int(seen.sum())
            kept = torch.zeros(n, n, dtype=torch.float64)
            kept[seen > 0] = torch.from_numpy(
                (drawn[at : at + count] >= cut) * STEPS / (STEPS - cut)
            )
            at += count
            scores = (SCALE * q @ k.T).masked_fill(seen == 0, -np.inf)
            own.append((torch.softmax(scores, dim=-1) * kept) @ v)
        rows.append(torch.stack(own, dim=1))
    assert at == len(drawn)
    return torch.cat(rows)


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 11), min_size=1, max_size=5),
    heads=st.integers(1, 3),
    width=st.sampled_from([1, 3, 8]),
    p=st.sampled_from([0.1, 0.5, 0.9]),
    causal=st.booleans(),
    single=st.booleans(),
)
def test_attention_and_its_slopes_are_those_of_plain_steps(
    lengths, heads, width, p, causal, single
):
    starts = np.append(0, np.cumsum(lengths))
    torch.manual_seed(len(lengths))
    shape = (int(starts[-1]), heads, width)
    exact = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    slope = torch.randn(shape, dtype=torch.float64)
    kind = torch.float32 if single else torch.float64
    near = {"atol": 1e-4, "rtol": 1e-4} if single else {"atol": 1e-12, "rtol": 1e-10}
    ours = [side.detach().to(kind).requires_grad_() for side in exact]

    torch.manual_seed(7)
    pairs = sum(n * (n + 1) // 2 if causal else n * n for n in lengths)
    wanted = plain(exact, starts, draws(pairs * heads), p, causal)
    wanted.backward(slope)
    torch.manual_seed(7)
    found = attention.dropping_attention(*ours, starts, scale=SCALE, p=p, causal=causal)
    found.backward(slope.to(kind))
    torch.testing.assert_close(found.double(), wanted, **near)
    for own, other in zip(ours, exact, strict=True):
        torch.testing.assert_close(own.grad.double(), other.grad, **near)


def test_slopes_come_back_twice_from_one_pass_but_have_none_of_their_own():
    side = torch.randn(5, 2, 4, requires_grad=True)
    out = attention.dropping_attention(
        side, side, side, np.array([0, 2, 5]), scale=1.0, p=0.2, causal=True
    )
    loss = out.square().sum()
    (first,) = torch.autograd.grad(loss, side, retain_graph=True)
    (again,) = torch.autograd.grad(loss, side, create_graph=True)
    assert torch.equal(first, again)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        again.sum().backward()


def sides(lengths, heads=(2, 2, 2), kind=torch.float32):
    total = int(np.sum(lengths))
    return [torch.randn(1, count, total, 4, dtype=kind) for count in heads]


@pytest.mark.parametrize(
    ("lengths", "given", "told", "taken"),
    [
        ([5, 3, 2], {}, {"dropout": 0.1}, ["compiled"]),
        ([5, 3, 2], {"kind": torch.float64}, {"dropout": 0.1, "softcap": None}, ["compiled"]),
        ([5, 3, 2], {}, {"dropout": 0.0}, []),
        ([5, 3, 2], {"kind": torch.bfloat16}, {"dropout": 0.1}, []),
        ([5, 3, 2], {"heads": (4, 2, 2)}, {"dropout": 0.1}, []),
        ([41, 41], {}, {"dropout": 0.1}, ["stepwise"]),
        ([11, 12], {}, {"dropout": 0.1}, ["compiled"]),
    ],
)
def test_ways_of_our_own_are_taken_where_they_fit(monkeypatch, lengths, given, told, taken):
    calls = []
    whole, steps = attention.dropping_attention, packed._stepwise
    monkeypatch.setattr(
        attention, "dropping_attention", lambda *a, **n: calls.append("compiled") or whole(*a, **n)
    )
    monkeypatch.setattr(
        packed, "_stepwise", lambda *a, **n: calls.append("stepwise") or steps(*a, **n)
    )
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    three = sides(lengths, **given)
    module = SimpleNamespace(num_key_value_groups=three[0].shape[1] // three[1].shape[1])
    out, _ = packed._attend(module, *three, None, packing=Packing.of(mask), is_causal=False, **told)
    assert out.shape == three[0].transpose(1, 2).shape
    assert calls == taken


@pytest.mark.parametrize("lengths", [[6, 6, 3, 1], [30, 28, 28, 3, 1]])
def test_with_almost_nothing_dropped_it_is_attention_without_dropout(lengths):
    mask = torch.arange(lengths[0]) < torch.tensor(lengths)[:, None]
    torch.manual_seed(0)
    three, packing = sides(lengths), Packing.of(mask)
    module = SimpleNamespace(is_causal=True)
    for causal in (False, True):
        told = {"packing": packing, "is_causal": causal}
        ours, _ = packed._attend(module, *three, None, dropout=1 / STEPS, **told)
        theirs, _ = packed._attend(module, *three, None, dropout=0.0, **told)
        torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("seen", ["all", "held", "before"])
def test_steps_for_longer_rows_drop_what_was_drawn_and_slope_as_plain_steps_do(seen):
    torch.manual_seed(1)
    three = [torch.randn(3, 2, 5, 4, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    held = torch.arange(5) < torch.tensor([5, 4, 2])[:, None]
    masks = {"all": None, "held": held[:, None, None], "before": packed._seen(5)}
    slope = torch.randn(3, 5, 2, 4, dtype=torch.float64)

    torch.manual_seed(2)
    found = packed._stepwise(*three, seen=masks[seen], scale=SCALE, p=0.3)
    ours = torch.autograd.grad(found, three, slope)
    torch.manual_seed(2)
    kept = drop(torch.ones(3, 2, 5, 5, dtype=torch.float64), 0.3)
    assert 0 < int((kept == 0).sum()) < kept.numel()
    q, k, v = three
    odds = torch.einsum("rhid,rhjd->rhij", q, k).mul(SCALE).exp()
    if seen == "held":
        odds = odds * held[:, None, None]
    if seen == "before":
        odds = odds * (torch.arange(5)[:, None] >= torch.arange(5))
    wanted = torch.einsum("rhij,rhjd->rihd", kept * odds / odds.sum(-1, keepdim=True), v)
    torch.testing.assert_close(found, wanted, atol=1e-12, rtol=1e-10)
    for own, other in zip(ours, torch.autograd.grad(wanted, three, slope), strict=True):
        torch.testing.assert_close(own, other, atol=1e-12, rtol=1e-10)
