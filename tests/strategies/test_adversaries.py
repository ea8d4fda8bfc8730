"""Adversarial steps: every move worked by hand or in a loop, and texts moved where they have words."""

from __future__ import annotations

import copy
from math import exp, log, sqrt

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

import longshelf as ls
from longshelf.errors import InputError, NotApplicable
from longshelf.features.pretrained import locate
from longshelf.models import BiLstm, Transformer
from longshelf.models.network import Body, LinearHead, Net, SparseStem, to_batch
from longshelf.models.text.own_words import OwnVocabulary
from longshelf.models.text.reading import Reading
from longshelf.strategies import Fgm, FreeLb, Pgd, Strategy
from longshelf.tables import Targets
from longshelf.training import Batch, Criterion

TEXTS = np.array(
    [["red shirt"], ["Nike men red running shoes"], ["gold watch 40mm"], ["blue"]], dtype=object
)


class Spied(nn.Module):
    """A body that remembers where it was asked."""

    def __init__(self, body):
        super().__init__()
        self.body, self.seen = body, []

    def forward(self, h, x=None):
        self.seen.append(h.detach().clone())
        return self.body(h, x)


def targets_of(size):
    return Targets(names=np.array([f"c{at}" for at in range(size)]))


def linear(weight, bias):
    net = Net(Body(), Spied(Body()), LinearHead(weight.shape[1], len(weight)))
    with torch.no_grad():
        net.head.table.copy_(torch.from_numpy(weight))
        net.head.bias.copy_(torch.from_numpy(bias))
    return net


def batch_of(X, y, weight=None):
    labels = torch.from_numpy(np.asarray(y)).long()
    weight = torch.ones(len(y)) if weight is None else torch.from_numpy(weight).float()
    return Batch(
        x=to_batch(X, np.arange(len(y))), y=labels, code=labels, weight=weight,
        index=np.arange(len(y)),
    )  # fmt: skip


def value(strategy, net, batch, classes):
    loss = strategy.step(net, batch, Criterion(Strategy(), targets_of(classes)))
    return float(loss.detach())


@pytest.mark.parametrize(
    ("strategy", "length"),
    [
        (Fgm(epsilon=0.5), 0.5),
        (Pgd(epsilon=1.0, steps=3, rate=0.2), 0.6),
        (Pgd(epsilon=0.5, steps=3, rate=0.2), 0.5),
        (Pgd(epsilon=0.5, steps=1, rate=0.2), 0.2),
    ],
    ids=["fgm", "pgd inside", "pgd on the edge", "one step"],
)
def test_two_classes_by_hand(strategy, length):
    # scores are 3a + 4b and 0: the loss of class 0 grows fastest along -(3, 4) / 5, wherever one is
    net = linear(np.array([[3.0, 4.0], [0.0, 0.0]]), np.zeros(2))
    batch = batch_of(np.array([[0.2, 0.1]], np.float32), [0])
    margin = 3 * 0.2 + 4 * 0.1
    wanted = log(1 + exp(-margin)) + log(1 + exp(-(margin - 5 * length)))
    assert value(strategy, net, batch, 2) == pytest.approx(wanted, rel=1e-6)
    moved = net.body.seen[-1] - net.body.seen[0]
    np.testing.assert_allclose(moved, [[-0.6 * length, -0.8 * length]], rtol=1e-5)


def walked(strategy, W, b, X, y, start):
    """Where each row stands after each step: the slope of a linear softmax is p W - W_y."""
    seen = []
    for x, label, move in zip(X.astype(float), y, start, strict=True):
        points = [x + move]
        for _ in range(strategy.steps):
            z = W @ points[-1] + b
            p = np.exp(z - z.max())
            slope = p / p.sum() @ W - W[label]
            move = points[-1] - x + strategy.rate * slope / np.linalg.norm(slope)
            if (far := np.linalg.norm(move)) > strategy.epsilon:
                move = move * strategy.epsilon / far
            points.append(x + move)
        seen.append(points)
    return np.array(seen)


def losses(W, b, points, y):
    """Cross-entropy at points (n, d)."""
    z = points @ W.T + b
    return np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]


@pytest.fixture
def several():
    rng = np.random.default_rng(4)
    W, b = rng.normal(size=(4, 3)), rng.normal(size=4)
    X, y = rng.normal(size=(7, 3)).astype(np.float32), rng.integers(0, 4, 7)
    weight = rng.uniform(0.2, 2.0, 7)
    return W, b, X, y, weight


@pytest.mark.parametrize("epsilon", [0.45, 3.0])
def test_pgd_against_a_loop(several, epsilon):
    W, b, X, y, weight = several
    strategy = Pgd(epsilon=epsilon, steps=4, rate=0.2)
    points = walked(strategy, W, b, X, y, np.zeros(X.shape))
    wanted = (weight * (losses(W, b, X, y) + losses(W, b, points[:, -1], y))).mean()
    net = linear(W, b)
    assert value(strategy, net, batch_of(X, y, weight), 4) == pytest.approx(wanted, rel=1e-5)
    np.testing.assert_allclose(np.stack(net.body.seen, axis=1), points, atol=1e-5)
    lengths = np.linalg.norm(points[:, -1] - X, axis=1)
    assert (lengths <= epsilon + 1e-6).all()
    assert (lengths > 0.4).all()


@pytest.mark.parametrize("epsilon", [0.45, 3.0])
def test_free_lb_against_a_loop(several, epsilon):
    W, b, X, y, weight = several
    strategy = FreeLb(epsilon=epsilon, steps=3, rate=0.3)
    torch.manual_seed(9)
    start = (2 * torch.rand(X.shape) - 1).numpy() * epsilon / sqrt(3)
    points = walked(strategy, W, b, X, y, start)[:, :3]
    wanted = np.mean([(weight * losses(W, b, points[:, at], y)).mean() for at in range(3)])
    net = linear(W, b)
    torch.manual_seed(9)
    assert value(strategy, net, batch_of(X, y, weight), 4) == pytest.approx(wanted, rel=1e-5)
    np.testing.assert_allclose(np.stack(net.body.seen, axis=1), points, atol=1e-5)
    assert not np.allclose(start, 0)


def test_one_step_of_pgd_is_fgm(problem):
    batch = batch_of(problem.X[:20], problem.rows.y[:20])
    torch.manual_seed(0)
    net = Net(Body(), Body(nn.Linear(5, 4), nn.Tanh()), LinearHead(4, 6))
    nn.init.normal_(net.head.weight)
    one = Pgd(epsilon=0.7, steps=1, rate=0.7)
    assert value(one, net, batch, 6) == pytest.approx(value(Fgm(epsilon=0.7), net, batch, 6))


def deep(dropout=0.0):
    torch.manual_seed(2)
    inner = Body(nn.Linear(5, 8), nn.Tanh(), nn.Dropout(dropout))
    net = Net(Body(), Spied(inner), LinearHead(8, 6))
    nn.init.normal_(net.head.weight)
    return net


def test_free_lb_averages_the_slopes_of_all_points(problem):
    net, batch = deep(), batch_of(problem.X[:20], problem.rows.y[:20])
    criterion = Criterion(Strategy(), targets_of(6))
    torch.autograd.backward(FreeLb(epsilon=1.0, steps=3, rate=0.4).step(net, batch, criterion))
    got = [p.grad.clone() for p in net.parameters()]
    points = list(net.body.seen)
    assert len(points) == 3
    wanted = [torch.zeros_like(slope) for slope in got]
    for point in points:
        again = copy.deepcopy(net)
        again.zero_grad()
        torch.autograd.backward(criterion(again.upward(point, batch.x), batch))
        for total, parameter in zip(wanted, again.parameters(), strict=True):
            total += parameter.grad / 3
    for one, other in zip(got, wanted, strict=True):
        torch.testing.assert_close(one, other)


def test_dropout_leaves_out_the_same_units_at_every_point(problem):
    net, batch = deep(dropout=0.5), batch_of(problem.X[:20], problem.rows.y[:20])
    criterion = Criterion(Strategy(), targets_of(6))
    torch.manual_seed(3)
    plain = float(Strategy().step(net, batch, criterion).detach())
    torch.manual_seed(4)
    other = float(Strategy().step(net, batch, criterion).detach())
    assert abs(plain - other) > 0.01
    for strategy in (Fgm(epsilon=1e-6), Pgd(epsilon=1e-6)):
        torch.manual_seed(3)
        assert value(strategy, net, batch, 6) == pytest.approx(2 * plain, rel=1e-4)


def test_free_lb_starts_elsewhere_with_every_batch(problem):
    net, batch = deep(), batch_of(problem.X[:20], problem.rows.y[:20])
    torch.manual_seed(0)
    for _ in range(2):
        value(FreeLb(steps=1), net, batch, 6)
    assert not torch.allclose(net.body.seen[0], net.body.seen[1])


def recurrent(folder):
    words = OwnVocabulary.of(TEXTS, "words", 1, 64)
    return BiLstm(width=6, hidden=4)._network(len(words), 3), words.encode(TEXTS)


def tuned(tune):
    def make(folder):
        reading = Reading(locate(folder), Transformer(name=folder, tune=tune, layers=1))
        return reading.network(3), reading.read(TEXTS)

    return make


@pytest.mark.parametrize(
    "make", [recurrent, tuned("full"), tuned("last"), tuned("lora")], ids=["lstm", *"flr"]
)
@pytest.mark.parametrize(
    "strategy",
    [Fgm(epsilon=0.4), Pgd(epsilon=0.4, rate=0.3), FreeLb(epsilon=0.4, rate=0.3)],
    ids=["fgm", "pgd", "free_lb"],
)
def test_padding_never_moves_and_every_row_stays_in_its_ball(make, strategy, tiny_bert_folder):
    torch.manual_seed(0)
    net, X = make(str(tiny_bert_folder))
    nn.init.normal_(net.head.table)
    net.train()
    net.body = spied = Spied(net.body)
    batch = batch_of(np.zeros((4, 1), np.float32), [0, 1, 2, 0])
    batch.x = X.batch(np.arange(4))
    tokens = getattr(batch.x, "tokens", batch.x)
    still = net.stem(batch.x).detach()
    value(strategy, net, batch, 3)
    assert int(tokens.mask.sum()) < tokens.mask.numel()
    moves = [at - still for at in spied.seen]
    assert len(moves) == {"Fgm": 2, "Pgd": 4, "FreeLb": 3}[type(strategy).__name__]
    for move in moves:
        assert not move[~tokens.mask].any()
        assert (move.flatten(1).norm(dim=1) <= 0.4 + 1e-5).all()
    assert all(moves[-1][tokens.mask].abs().sum(dim=1) > 0)
    assert moves[-1].flatten(1).norm(dim=1).min() > 0.3


@pytest.mark.parametrize("name", ["Pgd", "FreeLb"])
@pytest.mark.parametrize("tune", ["full", "last", "lora"])
def test_fine_tuning_learns_from_moved_words_and_repeats_itself(name, tune, tiny_bert_folder):
    rng = np.random.default_rng(0)
    kinds = np.repeat(["shoes", "watch", "tie"], [60, 30, 12])
    titles = [f"{rng.choice(['red', 'blue'])} {kind} size {rng.integers(40)}" for kind in kinds]
    shop = ls.load(pl.DataFrame({"title": titles, "kind": kinds}), label="kind", text="title")
    model = Transformer(name=str(tiny_bert_folder), tune=tune, layers=1, epochs=1, batch=32)

    def scores(strategy):
        arm = ls.fit(shop, features="words", model=model, strategy=strategy)
        return arm.predicted.test.scores

    moved = scores(name)
    assert np.isfinite(moved).all()
    assert np.array_equal(moved, scores(name))
    assert not np.array_equal(moved, scores("none"))


def test_what_cannot_be_moved_and_arguments_out_of_range_are_told():
    import scipy.sparse as sp

    rows = sp.csr_matrix(np.eye(3, dtype=np.float32))
    net = Net(Body(), Body(), LinearHead(3, 2, sparse=True))
    for strategy in (Fgm(), Pgd(), FreeLb()):
        with pytest.raises(NotApplicable, match=f"{type(strategy).__name__} moves dense"):
            value(strategy, net, batch_of(rows, [0, 1, 0]), 2)
    dense = Net(SparseStem(3, 2), Body(), LinearHead(2, 2))
    nn.init.normal_(dense.head.table)
    assert value(Pgd(), dense, batch_of(rows, [0, 1, 0]), 2) > 0
    for cls in (Pgd, FreeLb):
        for wrong in ({"epsilon": 0.0}, {"rate": -1.0}, {"steps": 0}):
            with pytest.raises(InputError, match="at least 1 step"):
                cls(**wrong)
