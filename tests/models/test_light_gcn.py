"""LightGCN against dense matrices, and what its walk is for."""

import numpy as np
import polars as pl
import pytest
import torch

from longshelf.errors import InputError, NotApplicable
from longshelf.models.rank.light_gcn import LightGcn
from longshelf.models.rank.propagation import normalised
from longshelf.strategies import Fgm, InBatch, Strategy
from longshelf.tables import Rows, Targets, Valid


def rows_of(y):
    empty = pl.DataFrame({"user": ["u"] * len(y)})
    return Rows(id=np.arange(len(y)), inputs=empty, y=y, code=y, groups=empty.select())


def tastes(users=30, items=12, each=4, seed=0):
    """Even users choose among even items, odd ones among odd; (n, 1) ids from 1, and items."""
    rng = np.random.default_rng(seed)
    ids = np.repeat(np.arange(users), each)
    own = [rng.choice(items // 2, each, replace=False) * 2 + user % 2 for user in range(users)]
    return ids[:, None] + 1, np.concatenate(own), items


def fit(strategy=None, seed=0, **settings):
    X, y, items = tastes()
    rows = rows_of(y)
    targets = Targets(names=np.arange(items + 1).astype(str), kind="item").observed(rows)
    valid = Valid(X=X[:20], rows=rows.take(np.arange(20)))
    model = LightGcn(**{"width": 8, "epochs": 3, "batch": 32, **settings})
    return model.fit(X, rows, valid, targets, strategy or Strategy(), np.random.default_rng(seed))


def dense(sources, items, shape):
    """D^-1/2 A D^-1/2 entry by entry."""
    edges = np.zeros(shape)
    edges[sources, items] = 1
    whole = np.block([[np.zeros((shape[0],) * 2), edges], [edges.T, np.zeros((shape[1],) * 2)]])
    degree = np.maximum(whole.sum(axis=1), 1)
    return whole / np.sqrt(np.outer(degree, degree))


def test_the_graph_is_the_dense_one_and_repeats_count_once():
    sources, items = np.array([0, 2, 2, 2]), np.array([1, 1, 0, 0])
    wanted = dense(sources, items, (3, 4))
    np.testing.assert_allclose(normalised(sources, items, (3, 4)).toarray(), wanted, atol=1e-6)


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_scores_equal_the_dense_walk(layers):
    X, y, items = tastes()
    fitted = fit(layers=layers)
    walk = fitted.net.stem.propagation
    graph = dense(X[:, 0], y, (int(X.max()) + 1, items + 1))
    own = walk.own.detach().numpy().astype(float)
    smooth = sum(np.linalg.matrix_power(graph, step) @ own for step in range(layers + 1))
    smooth /= layers + 1
    wanted = smooth[X[:, 0]] @ smooth[walk.sources :].T
    np.testing.assert_allclose(fitted.scores(X), wanted, atol=1e-5)


def test_gradients_through_the_walk_equal_the_dense_ones():
    fitted = fit()
    net, x = fitted.net, torch.from_numpy(tastes()[0])
    walk = net.stem.propagation
    net.zero_grad()
    net(x).square().sum().backward()
    graph, own = walk.graph.to_dense(), walk.own.detach().clone().requires_grad_()
    smooth = sum(torch.linalg.matrix_power(graph, step) @ own for step in range(4)) / 4
    (smooth[x[:, 0]] @ smooth[walk.sources :].T).square().sum().backward()
    torch.testing.assert_close(walk.own.grad, own.grad, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("strategy", [Strategy(), InBatch()], ids=["none", "in batch"])
def test_two_tastes_are_found_and_the_loss_falls(strategy):
    fitted = fit(strategy, epochs=40, rate=0.05, negatives=4)
    X = np.arange(1, 31)[:, None]
    listed = fitted.rank(X, 5, None).ids
    assert (listed % 2 == (X - 1) % 2).mean() > 0.95
    losses = [epoch["loss"] for epoch in fitted.history]
    assert losses[-1] < losses[0]


def test_the_history_counts_steps_edges_and_seconds():
    X, y, _ = tastes()
    edges = len(np.unique(np.column_stack([X[:, 0], y]), axis=0))
    for epoch in fit().history:
        assert epoch["steps"] == -(-len(X) // 32)
        assert epoch["edges"] == epoch["steps"] * edges * 2 * 3 * 2
        assert epoch["seconds"] > 0


def test_a_penalty_shortens_vectors():
    lengths = [
        fit(epochs=20, penalty=penalty).net.stem.propagation.own.square().sum().item()
        for penalty in (0.0, 1.0)
    ]
    assert lengths[1] < lengths[0] / 2


def test_same_seed_same_bytes_and_unknown_sources_get_a_list():
    first, second = fit(), fit()
    X = tastes()[0]
    assert first.scores(X).tobytes() == second.scores(X).tobytes()
    assert (first.rank(np.array([[0], [999]]), 3, None).ids >= 0).all()
    assert first.head.weight.shape == (13, 8)


def test_what_it_cannot_do_is_refused():
    X, y, items = tastes()
    rows = rows_of(y)
    targets = Targets(names=np.arange(items).astype(str), kind="item").observed(rows)
    with pytest.raises(NotApplicable, match="ids"):
        LightGcn().fit(
            np.zeros((len(y), 3)), rows, Valid(X=X, rows=rows), targets, Strategy(),
            np.random.default_rng(0),
        )  # fmt: skip
    with pytest.raises(NotApplicable, match="step"):
        LightGcn().check(Fgm(), targets)
    with pytest.raises(InputError, match="layers"):
        LightGcn(layers=-1)
