"""Row-wise AdamW against torch's own optimisers."""

import pytest
import torch
from torch import nn

from longshelf.models.network import LinearHead
from longshelf.models.row_adam import RowAdamW


def tables(*, sparse):
    torch.manual_seed(0)
    return nn.Embedding(6, 3, sparse=sparse)


def run(optimiser, table, batches):
    for ids in batches:
        optimiser.zero_grad()
        rows = table(torch.tensor(ids))
        (rows * torch.arange(1.0, 4.0) + rows.square()).sum().backward()
        optimiser.step()
    return table.weight.detach()


def test_without_decay_it_is_torchs_sparse_adam():
    batches = [[0, 1, 1], [2], [1, 4], [0, 5, 0]]
    own, theirs = tables(sparse=True), tables(sparse=True)
    got = run(RowAdamW(own.parameters(), lr=0.05, weight_decay=0.0), own, batches)
    wanted = run(torch.optim.SparseAdam(theirs.parameters(), lr=0.05), theirs, batches)
    torch.testing.assert_close(got, wanted)


def test_where_every_batch_touches_every_row_it_is_adamw():
    batches = [[0, 1, 2, 3, 4, 5]] * 4
    own, theirs = tables(sparse=True), tables(sparse=False)
    got = run(RowAdamW(own.parameters(), lr=0.05, weight_decay=0.1), own, batches)
    wanted = run(torch.optim.AdamW(theirs.parameters(), lr=0.05, weight_decay=0.1), theirs, batches)
    torch.testing.assert_close(got, wanted)


@pytest.mark.parametrize("sparse", [True, False])
def test_l2_is_adams_own_weight_decay(sparse):
    batches = [[0, 1, 2, 3, 4, 5]] * 4 if sparse else [[0, 1, 1], [2], [1, 4]]
    own, theirs = tables(sparse=sparse), tables(sparse=False)
    moving = RowAdamW(own.parameters(), lr=0.05, weight_decay=0.0, l2=0.3)
    got = run(moving, own, batches)
    wanted = run(torch.optim.Adam(theirs.parameters(), lr=0.05, weight_decay=0.3), theirs, batches)
    torch.testing.assert_close(got, wanted)


def test_rows_no_batch_touched_stand_still_and_dense_ones_move():
    table, dense = tables(sparse=True), nn.Parameter(torch.ones(3))
    before = table.weight.detach().clone()
    optimiser = RowAdamW([*table.parameters(), dense], lr=0.05)
    (table(torch.tensor([1, 3])) * dense).sum().backward()
    optimiser.step()
    moved = (table.weight != before).any(dim=1)
    assert moved.tolist() == [False, True, False, True, False, False]
    assert (dense != 1).all()


@pytest.mark.parametrize("clip", [0.7, 1e6])
@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_a_long_gradient_is_shortened_over_all_that_moves(clip, sparse, l2):
    own, theirs = tables(sparse=sparse), tables(sparse=False)
    scales = [nn.Parameter(torch.full((3,), 2.0)) for _ in range(2)]
    moving = RowAdamW([*own.parameters(), scales[0]], lr=0.05, weight_decay=0.0, l2=l2, clip=clip)
    plain = torch.optim.Adam([*theirs.parameters(), scales[1]], lr=0.05, weight_decay=l2)
    for step in range(1, 5):
        for optimiser, table, scale in ((moving, own, scales[0]), (plain, theirs, scales[1])):
            optimiser.zero_grad()
            (table(torch.arange(6)) * scale * step).square().sum().backward()
        nn.utils.clip_grad_norm_([*theirs.parameters(), scales[1]], clip)
        moving.step()
        plain.step()
    torch.testing.assert_close(own.weight, theirs.weight)
    torch.testing.assert_close(scales[0], scales[1])


@pytest.mark.parametrize("biased", [True, False])
def test_a_head_by_row_scores_alike_and_leaves_sparse_gradients(biased):
    torch.manual_seed(0)
    heads = [LinearHead(3, 5, biased=biased, by_row=by_row) for by_row in (False, True)]
    for head in heads:
        with torch.no_grad():
            head.table.copy_(torch.arange(15.0).reshape(5, 3))
    e, ids = torch.randn(4, 3), torch.tensor([4, 1])
    first, second = (head(e, ids) for head in heads)
    torch.testing.assert_close(first, second)
    second.sum().backward()
    assert heads[1].table.grad.is_sparse
    assert len(list(heads[1].parameters())) == 1 + biased
