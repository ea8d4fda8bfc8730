"""SASRec against naive arithmetic, causality, and what its rows share."""

import numpy as np
import polars as pl
import pytest
import torch

from longshelf.errors import InputError, NotApplicable
from longshelf.models.network import to_batch
from longshelf.models.rank.histories import Histories, Sequences
from longshelf.models.rank.sas_rec import SasRec
from longshelf.models.rank.self_attention import AttentionLayer
from longshelf.strategies import Fgm, InBatch, Strategy
from longshelf.tables import Rows, Targets, Valid

SMALL = {
    "width": 8,
    "layers": 2,
    "heads": 2,
    "dropout": 0.0,
    "epochs": 3,
    "batch": 16,
    "patience": 0,
}


def rows_of(y):
    n = len(y)
    empty = pl.DataFrame({"user": ["u"] * n})
    return Rows(id=np.arange(n), inputs=empty, y=y, code=y, groups=empty.select())


def histories(users=12, items=9, longest=6, length=5, seed=0):
    """Every prefix of each user's sequence, item i followed by i + 1; (n, length) and next items."""
    rng = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(users):
        own = (rng.integers(items) + np.arange(rng.integers(2, longest + 1))) % items
        for end, item in enumerate(own):
            past = own[max(0, end - length) : end] + 1
            X.append(np.pad(past, (length - len(past), 0)))
            y.append(item)
    return np.array(X), np.array(y), items


def fit(strategy=None, seed=0, **settings):
    X, y, items = histories()
    rows = rows_of(y)
    targets = Targets(names=np.arange(items).astype(str), kind="item").observed(rows)
    valid = Valid(X=X[:20], rows=rows.take(np.arange(20)))
    model = SasRec(**{**SMALL, **settings})
    rng = np.random.default_rng(seed)
    return model.fit(X, rows, valid, targets, strategy or Strategy(), rng), X, y


def norm(h, layer):
    centred = h - h.mean(-1, keepdims=True)
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12) * weight + bias


def naive(net, past):
    """The vector of one history, item by item and head by head."""
    table, stem, body = net.head.table.detach().numpy(), net.stem, net.body
    h = norm(table[past] + stem.position.detach().numpy()[: len(past)], stem.norm)
    for layer in body.layers:
        weight, bias = (p.detach().numpy() for p in layer.mixing.parameters())
        query, key, value = np.split(h @ weight.T + bias, 3, axis=1)
        d = h.shape[1] // layer.heads
        read = np.zeros_like(h)
        for head in range(layer.heads):
            own = slice(head * d, (head + 1) * d)
            for i in range(len(past)):
                z = key[: i + 1, own] @ query[i, own] / np.sqrt(d)
                share = np.exp(z - z.max())
                read[i, own] = share / share.sum() @ value[: i + 1, own]
        joined = torch.from_numpy(read).float()
        h = norm(h + layer.joining(joined).detach().numpy(), layer.norms[0])
        dense = layer.downward(torch.nn.functional.gelu(layer.upward(torch.from_numpy(h).float())))
        h = norm(h + dense.detach().numpy(), layer.norms[1])
    return h[-1]


def test_forward_equals_a_naive_loop():
    fitted, X, _ = fit()
    e = fitted.embeddings(X)
    for row in (3, 7, 11):
        past = X[row][X[row] > 0] - 1
        if len(past):
            np.testing.assert_allclose(e[row], naive(fitted.net, past), atol=1e-5)
    weight = fitted.net.head.table.detach().numpy()
    np.testing.assert_allclose(fitted.scores(X), e @ weight.T, atol=1e-5)


def test_rows_that_share_a_pass_read_what_they_read_alone():
    fitted, X, _ = fit()
    net = fitted.net.eval()
    together = Histories(X)
    index = np.random.default_rng(0).permutation(len(X))[:30]
    shared = together.batch(index)
    assert shared.items.shape[0] < len(index)
    with torch.inference_mode():
        first, second = net.embed(shared), net.embed(to_batch(X, index))
    torch.testing.assert_close(first, second, atol=1e-6, rtol=1e-5)


def test_later_items_change_nothing_and_earlier_ones_do():
    torch.manual_seed(0)
    layer = AttentionLayer(8, 2, 0.0).eval()
    h = torch.randn(3, 6, 8)
    late, early = h.clone(), h.clone()
    late[:, 4:] += 1
    early[:, 0] += torch.randn(8)
    out = layer(h)
    torch.testing.assert_close(layer(late)[:, :4], out[:, :4])
    assert not torch.allclose(layer(early)[:, 4], out[:, 4])


def test_every_row_is_drawn_once_and_blocks_stay_together():
    X = histories(users=40)[0]
    rows = Histories(X)
    batches = list(rows.order(len(X), 16, np.random.default_rng(0)))
    assert sorted(np.concatenate(batches)) == list(range(len(X)))
    assert len(batches) <= -(-len(X) // 16)
    for batch in batches:
        outside = np.setdiff1d(np.arange(len(X)), batch)
        assert not set(rows.block[batch]) & set(rows.block[outside])


def test_blocks_are_chains_of_prefixes():
    X = histories(users=40)[0]
    rows = Histories(X)
    for block in np.unique(rows.block):
        own = [tuple(row[row > 0]) for row in X[rows.block == block]]
        longest = max(own, key=len)
        assert all(longest[: len(past)] == past for past in own)
    assert len(np.unique(rows.block)) < len(X) / 2


def test_left_padded_rows_are_shifted_to_the_front():
    found = Sequences.of(torch.tensor([[0, 0, 4], [0, 2, 3], [0, 0, 0]]))
    assert found.items.tolist() == [[4, 0], [2, 3], [0, 0]]
    assert found.last.tolist() == [0, 1, -1]


@pytest.mark.parametrize("strategy", [Strategy(), InBatch(), Fgm()], ids=["none", "batch", "fgm"])
def test_the_next_item_is_learned(strategy):
    fitted, X, y = fit(strategy, epochs=60, rate=0.03)
    known = (X > 0).any(axis=1)
    hit = fitted.rank(X[known], 1, None).ids[:, 0] == y[known]
    assert hit.mean() > 0.9
    losses = [epoch["loss"] for epoch in fitted.history]
    assert losses[-1] < losses[0] / 2


def test_same_seed_same_bytes():
    first, second = (fit(dropout=0.3)[0] for _ in range(2))
    X = histories()[0]
    assert first.scores(X).tobytes() == second.scores(X).tobytes()


def test_vectors_moved_by_row_learn_too():
    fitted, X, y = fit(InBatch(), by_row=True, epochs=60, rate=0.03)
    known = (X > 0).any(axis=1)
    assert (fitted.rank(X[known], 1, None).ids[:, 0] == y[known]).mean() > 0.9


@pytest.mark.parametrize(("watched", "rows"), [(0, 20), (7, 7), (500, 20)])
def test_as_many_rows_are_watched_as_are_asked_for(watched, rows, monkeypatch):
    seen = []
    monkeypatch.setattr("longshelf.training.quick_score", lambda z, *_: seen.append(len(z)) or 0.0)
    monkeypatch.setattr("longshelf.training.WATCHED", 200)
    fit(watched=watched, epochs=1)
    assert seen == [rows]


def test_a_source_without_history_gets_a_list():
    fitted, X, _ = fit()
    assert (fitted.rank(np.zeros((1, X.shape[1]), np.int64), 3, None).ids >= 0).all()


def test_other_features_and_sizes_are_refused():
    X, y, items = histories()
    rows = rows_of(y)
    targets = Targets(names=np.arange(items).astype(str), kind="item").observed(rows)
    valid = Valid(X=X, rows=rows)
    rng = np.random.default_rng(0)
    with pytest.raises(NotApplicable, match="history"):
        SasRec().fit(X[:, :1], rows, valid, targets, Strategy(), rng)
    with pytest.raises(InputError, match="multiple"):
        SasRec(width=9)
    with pytest.raises(InputError, match="dropout"):
        SasRec(dropout=1.0)
