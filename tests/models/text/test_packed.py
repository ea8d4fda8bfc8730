"""Rows without padding: the states, slopes and groups that padding gives."""

from itertools import combinations, pairwise

import numpy as np
import pytest
import torch

from longshelf.features.pretrained import locate
from longshelf.models import Transformer
from longshelf.models.text.packed import Packing, cuts
from longshelf.models.text.reading import Reading

TEXTS = np.array(
    [["tie"], ["Nike men red running shoes 42"], ["gold watch 40mm"], ["blue silk tie"], [""]],
    dtype=object,
)


def slopes(net, batch):
    """States of the tokens there are, and gradients of what learns."""
    mask = getattr(batch, "tokens", batch).mask
    net.zero_grad()
    states = net.body.states(net.stem(batch), mask)[mask]
    (states * torch.arange(1.0, 1 + states.shape[1])).square().mean().backward()
    return states.detach(), [p.grad.to_dense() for p in net.parameters() if p.grad is not None]


@pytest.mark.parametrize("kind", ["tiny_bert_folder", "tiny_gpt_folder"])
@pytest.mark.parametrize("tune", ["full", "last", "lora", "recompute"])
def test_packed_rows_have_the_states_and_slopes_of_padded_ones(kind, tune, request, monkeypatch):
    name = str(request.getfixturevalue(kind))
    again = tune == "recompute"
    model = Transformer(name=name, tune="full" if again else tune, layers=1, recompute=again)
    reading = Reading(locate(name), model)
    net = reading.network(2)
    batch = reading.read(TEXTS).batch(np.arange(len(TEXTS)))
    assert net.body.packs
    monkeypatch.setattr("longshelf.models.text.packed.PRICE", {"cpu": 1})
    packed = slopes(net.train(again).apply(still), batch)
    net.body._first = None
    net.body._attend_by("sdpa")
    padded = slopes(net, batch)
    torch.testing.assert_close(packed, padded, atol=1e-5, rtol=1e-4)
    assert sum(float(slope.abs().sum()) for slope in padded[1]) > 0


def test_what_was_dropped_is_dropped_again_where_activations_are_computed_again(tiny_bert_folder):
    name, found = str(tiny_bert_folder), []
    for again in (False, True):
        torch.manual_seed(3)
        reading = Reading(locate(name), Transformer(name=name, recompute=again))
        net = reading.network(2).train()
        batch = reading.read(TEXTS).batch(np.arange(len(TEXTS)))
        torch.manual_seed(5)
        found.append(slopes(net, batch))
    torch.testing.assert_close(found[0], found[1])
    torch.manual_seed(6)
    assert not torch.equal(slopes(net, batch)[0], found[1][0])


def still(part):
    """Nothing is dropped."""
    if isinstance(part, torch.nn.Dropout):
        part.p = 0.0


def test_a_prefix_is_no_row_and_stays_padded(tiny_bert_folder):
    name = str(tiny_bert_folder)
    assert not Reading(locate(name), Transformer(name=name, tune="prefix")).network(2).body.packs


def test_groups_are_the_cheapest_and_hold_every_token_once():
    rng = np.random.default_rng(0)
    for price in (0.5, 20.0, 1e9):
        lengths = -np.sort(-rng.integers(1, 9, 9))
        inner = [set(c) for k in range(9) for c in combinations(range(1, 9), k)]
        costs = {
            frozenset(c): sum(
                lengths[a] ** 2 * (b - a) + price for a, b in pairwise([0, *sorted(c), 9])
            )
            for c in inner
        }
        found = cuts(lengths, price)
        assert costs[frozenset(found[1:-1])] == min(costs.values())
    mask = torch.arange(8) < torch.tensor([3, 0, 8, 1])[:, None]
    packing = Packing.of(mask)
    h = torch.randn(4, 8, 2)
    assert packing.position[0].tolist() == [*range(8), *range(3), 0]
    assert torch.equal(packing.unpack(packing.pack(h), (4, 8)), h * mask[..., None])
