"""Dropout that draws four elements at once, held against its law and torch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from longshelf.models.dropout import Dropout, replace_dropout
from longshelf.models.random_bits import fill


@pytest.mark.parametrize("p", [0.1, 0.5, 0.97])
def test_elements_fall_apart_from_each_other_with_the_stated_chance(p):
    torch.manual_seed(3)
    x = torch.ones(400, 501)
    dropped = (Dropout(p)(x) == 0).numpy()
    assert stats.binomtest(int(dropped.sum()), dropped.size, p).pvalue > 1e-4
    for lag in (1, 2, 3, 4, 501):
        flat = dropped.ravel()
        both = int((flat[lag:] & flat[:-lag]).sum())
        assert stats.binomtest(both, flat.size - lag, p * p).pvalue > 1e-4
    again = (Dropout(p)(x) == 0).numpy()
    both = int((dropped & again).sum())
    assert stats.binomtest(both, dropped.size, p * p).pvalue > 1e-4


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_kept_elements_and_their_slopes_are_scaled_as_torch_scales_them(dtype):
    x = torch.randn(30, 7, dtype=dtype, requires_grad=True)
    own = Dropout(0.25)(x)
    own.sum().backward()
    kept = own != 0
    assert own.dtype == dtype
    assert 0 < int(kept.sum()) < kept.numel()
    torch.testing.assert_close(own[kept], (x / 0.75)[kept])
    wanted = torch.where(kept, 1 / 0.75, 0.0).to(dtype)
    torch.testing.assert_close(x.grad, wanted)


def test_a_seed_repeats_a_mask_and_the_next_differs():
    layer, x = Dropout(0.5), torch.ones(64, 64)
    masks = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        masks.append(layer(x))
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])
    assert not torch.equal(layer(x), layer(x))


@pytest.mark.parametrize(("p", "wanted"), [(0.0, 1.0), (1e-6, 1.0), (1.0, 0.0)])
def test_at_the_borders_it_is_torchs(p, wanted):
    found = Dropout(p)(torch.ones(5, 5))
    assert np.allclose(found.numpy(), wanted, atol=1e-5)


def test_nothing_falls_while_a_model_scores_and_no_element_is_no_error():
    layer = Dropout(0.5)
    assert layer(torch.ones(0, 4)).shape == (0, 4)
    assert layer(torch.ones(())).shape == ()
    assert torch.equal(layer.eval()(torch.ones(9)), torch.ones(9))


def test_every_dropout_of_a_model_is_replaced_learning_or_not_as_it_was():
    inner = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.3)).eval()
    model = nn.ModuleDict({"inner": inner, "own": nn.Dropout(0.2), "norm": nn.LayerNorm(2)})
    replace_dropout(model)
    assert type(model["own"]) is type(inner[1]) is Dropout
    assert (model["own"].p, model["own"].training) == (0.2, True)
    assert (inner[1].p, inner[1].training) == (0.3, False)


def test_random_words_are_the_published_ones_of_splitmix64():
    words = np.empty(5, np.uint64)
    fill(words, 1234567)
    assert [int(word) for word in words] == [
        6457827717110365317, 3203168211198807973, 9817491932198370423,
        4593380528125082431, 16408922859458223821,
    ]  # fmt: skip
