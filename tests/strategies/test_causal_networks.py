"""Networks that answer popularity: their scores and losses by the formula, and what they change."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from long_tailed import rows_of

from longshelf.errors import InputError, NotApplicable
from longshelf.models.network import Body, CosineHead, LinearHead, Net
from longshelf.models.rank.id_stem import IdStem
from longshelf.recipe import Recipe
from longshelf.strategies import (
    BcLoss,
    Bpr,
    Cdn,
    DiceCausal,
    DropoutNet,
    Macr,
    Pda,
    PopGo,
    Strategy,
    UniformNegatives,
)
from longshelf.strategies.network.dice_causal import distance_correlation
from longshelf.tables import Targets, Valid
from longshelf.training import Batch, Criterion, FittedNet, train

C, U = 8, 30
NAMES = np.array([f"item {i}" for i in range(C)])
TEXT = np.array([f"{colour} {kind}" for colour in ("red", "blue", "green", "black")
                 for kind in ("shirt", "mug")])  # fmt: skip


@pytest.fixture(scope="module")
def clicks():
    """Users who like an even or odd item; the first two items are everywhere, the last nowhere."""
    rng = np.random.default_rng(0)
    users = rng.integers(0, U, 400)
    law = np.where(np.arange(C)[None] % 2 == np.arange(U)[:, None] % 2, 3.0, 1.0)
    law = law * np.array([12, 9, 3, 3, 1, 1, 0.5, 0])
    code = np.array([rng.choice(C, p=law[u] / law[u].sum()) for u in users])
    rows = replace(rows_of(code, code), inputs=pl.DataFrame({"user": users}), source=users)
    targets = Targets(names=NAMES, kind="item", text=TEXT).observed(rows)
    return (users + 1)[:, None].astype(np.int64), rows, targets


def network(width=6, biased=True):
    torch.manual_seed(0)
    head = LinearHead(width, C, biased=biased)
    torch.nn.init.normal_(head.table, std=0.5)
    if biased:
        torch.nn.init.normal_(head.bias, std=0.5)
    return Net(IdStem(U + 1, width), Body(), head)


class Ranker:
    def __init__(self, **recipe):
        self.recipe = {"epochs": 4, "batch": 64, "rate": 0.02, "patience": 0, **recipe}

    def fit(self, X, rows, valid, targets, strategy, rng) -> FittedNet:
        torch.manual_seed(0)
        return train(network(), X, rows, valid, targets, strategy, rng, Recipe(**self.recipe))


def fitted(clicks, strategy, **recipe):
    X, rows, targets = clicks
    rng = np.random.default_rng(1)
    valid = Valid(X=X, rows=rows)
    return strategy.fit(Ranker(**recipe), X, rows, valid, targets, strategy, rng)


EVERY = (
    BcLoss(), Cdn(), DiceCausal(), DropoutNet(), Macr(c=2.0), Pda(gamma=0.5),
    Pda(gamma=0.5, adjust=True), PopGo(),
)  # fmt: skip


@pytest.mark.parametrize("strategy", EVERY, ids=str)
@pytest.mark.parametrize("beside", [None, UniformNegatives(size=6), Bpr()], ids=str)
def test_a_network_learns_beside_others_and_repeats_itself(clicks, strategy, beside) -> None:
    X = clicks[0]
    chain = strategy if beside is None else strategy + beside
    first, again = (fitted(clicks, chain, epochs=2).scores(X) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.isfinite(first).all()
    plain = fitted(clicks, Strategy() if beside is None else beside, epochs=2).scores(X)
    assert np.abs(first - plain).max() > 1e-3
    penalised = fitted(clicks, chain, epochs=1, penalty=0.1).history[0]["loss"]
    assert math.isfinite(penalised)


def batch_of(clicks, net, n=9, ids=None):
    X, rows, _ = clicks
    y = torch.from_numpy(rows.code[:n])
    batch = Batch(
        x=torch.from_numpy(X[:n]), y=y, code=y, weight=torch.linspace(0.5, 1.5, n),
        index=np.arange(n),
    )  # fmt: skip
    if ids is not None:
        batch.ids = torch.from_numpy(ids)
        batch.y = torch.tensor([ids.tolist().index(c) for c in y.tolist()])
    return batch


def soft(v):
    return math.log1p(math.exp(v))


def sig(v):
    return 1 / (1 + math.exp(-v))


def test_macr_learns_the_product_and_predicts_without_the_items_pull(clicks) -> None:
    strategy = Macr(c=1.5, alpha=0.2, beta=0.3)
    net = strategy.build(network(), clicks[2])
    batch = batch_of(clicks, net)
    got = strategy.step(net, batch, Criterion(Strategy(), clicks[2]))
    e = net.embed(batch.x).detach()
    match = net.head.head(e).detach()
    appeal = (net.head.weight @ net.head.appeal.weight.T)[:, 0].tolist()
    ease = (e @ net.head.ease.weight.T)[:, 0].tolist()
    factor = torch.tensor([[sig(a) * sig(s) for a in appeal] for s in ease])
    wanted = 0.0
    for row, y in enumerate(batch.y.tolist()):
        main = torch.nn.functional.cross_entropy(
            (match * factor)[row : row + 1], batch.y[row, None]
        )
        others = [soft(a) for j, a in enumerate(appeal) if j != y]
        item = soft(-appeal[y]) + sum(others) / len(others)
        source = soft(-ease[row]) + soft(ease[row])
        wanted += float(batch.weight[row]) * (float(main) + 0.2 * item + 0.3 * source) / 9
    assert float(got.detach()) == pytest.approx(wanted, rel=1e-5)
    net.eval()
    torch.testing.assert_close(net(batch.x), (match - 1.5) * factor)


def test_dice_teaches_each_half_its_pairs(clicks) -> None:
    strategy = DiceCausal(weight=0.3, decay=0.5, penalty=0.2)
    net = strategy.build(network(), clicks[2])
    batch = batch_of(clicks, net)
    batch.epoch = 2
    got = strategy.step(net, batch, Criterion(Bpr(), clicks[2]))
    e, v = net.embed(batch.x).detach(), net.head.weight.detach()
    interest, conformity = (e[:, :3] @ v[:, :3].T).tolist(), (e[:, 3:] @ v[:, 3:].T).tolist()
    z, counts = net.head(e).detach(), clicks[2].seen
    wanted = float((Bpr().loss(z, batch, clicks[2]) * batch.weight).mean())
    for row, y in enumerate(batch.y.tolist()):
        pairs = []
        for j in range(C):
            if j == y:
                continue
            gap = conformity[row][j] - conformity[row][y]
            if counts[j] > counts[y]:
                pairs.append(soft(interest[row][j] - interest[row][y]) + soft(-gap))
            else:
                pairs.append(soft(gap))
        wanted += 0.3 * 0.25 * float(batch.weight[row]) * sum(pairs) / len(pairs) / 9
    for part in (e, v[batch.y]):
        wanted += 0.2 * float(distance_correlation(part[:, :3], part[:, 3:]))
    assert float(got.detach()) == pytest.approx(wanted, rel=1e-5)
    with pytest.raises(NotApplicable, match="width is 5"):
        strategy.build(network(width=5), clicks[2])


def test_distance_correlation_by_hand() -> None:
    # Székely et al. 2007: 1 for a line, about 0 for independent samples
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.normal(size=(200, 2)))
    assert float(distance_correlation(x, 3 * x + 1)) == pytest.approx(1, abs=1e-6)
    other = torch.from_numpy(rng.normal(size=(200, 2)))
    assert float(distance_correlation(x, other)) < 0.25
    a, b = (np.linalg.norm(v[:, None] - v[None], axis=2) for v in (x.numpy(), other.numpy()))
    A, B = (m - m.mean(0) - m.mean(1)[:, None] + m.mean() for m in (a, b))
    wanted = np.sqrt((A * B).mean() / np.sqrt((A * A).mean() * (B * B).mean()))
    assert float(distance_correlation(x, other)) == pytest.approx(wanted, rel=1e-6)


def test_pda_multiplies_by_the_popularity_of_the_time(clicks) -> None:
    _, rows, targets = clicks
    strategy = Pda(gamma=0.5, times=2, adjust=True, trend=0.5)
    popularity, when = strategy.popularity(rows, targets)
    halves = [np.bincount(rows.code[:200], minlength=C), np.bincount(rows.code[200:], minlength=C)]
    m = np.array([(half + 1) / (half.max() + 1) for half in halves])
    np.testing.assert_allclose(popularity, m)
    assert when.tolist() == [0] * 200 + [1] * 200
    caught = {}

    class Watch:
        def fit(self, X, rows, valid, targets, strategy, rng):
            caught["rest"] = strategy
            return strategy

    chain = strategy + Bpr()
    chain.fit(Watch(), None, rows, None, targets, chain, None)
    rest = caught["rest"]
    assert rest.hooks == {"build", "logits", "loss"}
    z = torch.randn(4, 3, dtype=torch.double)
    index = np.array([0, 199, 200, 399])
    batch = Batch(x=None, y=torch.zeros(4).long(), code=None, weight=None, index=index)
    batch.ids = torch.tensor([5, 0, 2])
    elu = np.where(z.numpy() > 0, z.numpy(), np.expm1(z.numpy())) + 1
    wanted = elu * m[[0, 0, 1, 1]][:, [5, 0, 2]] ** 0.5
    np.testing.assert_allclose(rest.logits(z, batch, targets).numpy(), wanted)
    net = rest.build(network(), targets)
    x = torch.arange(1, 5)[:, None]
    plain = net.head.head(net.embed(x))
    torch.testing.assert_close(net(x), plain)
    net.eval()
    coming = np.maximum(m[1] + 0.5 * (m[1] - m[0]), m.min()) ** 0.5
    raised = torch.nn.functional.elu(plain) + 1
    torch.testing.assert_close(net(x), raised * torch.from_numpy(coming).float())


def test_without_adjustment_pda_predicts_the_match(clicks) -> None:
    done = fitted(clicks, Pda(gamma=0.5))
    assert isinstance(done.net.head, LinearHead)
    assert done.head is not None


@pytest.mark.parametrize("strategy", [BcLoss(temperature=0.2, share=0.3),
                                      PopGo(temperature=0.2, share=0.3)])  # fmt: skip
def test_the_popularity_branch_and_the_ranker_share_the_loss(clicks, strategy) -> None:
    caught = {}

    class Watch:
        def fit(self, X, rows, valid, targets, strategy, rng):
            caught["rest"] = strategy.parts[0]

    _, rows, targets = clicks
    strategy.fit(Watch(), None, rows, None, targets, strategy, None)
    rest = caught["rest"]
    net = rest.build(network(biased=False), targets)
    assert isinstance(net.head, CosineHead)
    ids = np.unique(rows.code)[::-1].copy()
    batch = batch_of(clicks, net, ids=ids)
    got = rest.step(net, batch, Criterion(Strategy(), targets.take(ids)))
    e, v = (t.detach().numpy() for t in (net.embed(batch.x), net.head.weight))
    cosine = (e / np.linalg.norm(e, axis=1, keepdims=True)) @ (
        v / np.linalg.norm(v, axis=1, keepdims=True)
    ).T[:, ids]
    level = np.floor(np.log2(np.bincount(rows.source)[rows.source[:9]])).astype(int)
    p = net.popularity.of_source.weight.detach().numpy()[level]
    doublings = np.floor(np.log2(np.maximum(targets.seen[ids], 1))).astype(int)
    q = net.popularity.of_target.weight.detach().numpy()[doublings]
    dot = p @ q.T
    alike = dot / np.linalg.norm(p, axis=1)[:, None] / np.linalg.norm(q, axis=1)

    def loss(z):
        z = torch.from_numpy(z)
        each = torch.nn.functional.cross_entropy(z, batch.y, reduction="none")
        return float((each * batch.weight).mean())

    main = cosine.copy()
    if isinstance(strategy, BcLoss):
        for row, y in enumerate(batch.y.tolist()):
            angle = math.acos(cosine[row, y]) + math.acos(alike[row, y])
            main[row, y] = math.cos(min(angle, math.pi))
    else:
        main = cosine / (1 + np.exp(-dot))
    wanted = 0.7 * loss(main / 0.2) + 0.3 * loss(alike / 0.1)
    assert float(got.detach()) == pytest.approx(wanted, rel=1e-4)
    torch.autograd.backward(got)
    assert net.popularity.of_target.weight.grad.abs().sum() > 0


def test_the_branch_learns_from_its_own_loss_alone(clicks) -> None:
    """The margin and the shortcut are given to the ranker, not taught by it."""
    for strategy in (BcLoss(), PopGo()):
        raw = torch.randn(3, 4, requires_grad=True)
        cosine = torch.rand(3, 4, requires_grad=True)
        z = torch.randn(3, 4).clamp(-1, 1) * 5
        batch = Batch(x=None, y=torch.tensor([0, 1, 2]), code=None, weight=torch.ones(3),
                      index=np.arange(3))  # fmt: skip
        seen = []

        def criterion(scores, batch, seen=seen):
            seen.append(scores.requires_grad)
            return scores.sum()

        strategy.combined(z, (raw, cosine), batch, criterion)
        assert seen == [False, True]


def test_dropout_net_scores_cold_items_from_their_text(clicks) -> None:
    targets = clicks[2]
    assert targets.seen[-1] == 0
    done = fitted(clicks, DropoutNet(rate=0.5))
    net = done.net.eval()
    head = net.head
    text = (head.project.weight @ head.text.T).T
    torch.testing.assert_close(head.weight[-1], text[-1])
    torch.testing.assert_close(head.weight[0], text[0] + head.head.weight[0])
    np.testing.assert_allclose(done.head.weight, head.weight.detach().numpy())
    net.train()
    torch.manual_seed(0)
    dropped = torch.stack([head.rows(None)[0] for _ in range(400)]).detach()
    share = (dropped - text[0].detach()).abs().sum(dim=1).lt(1e-6).float().mean()
    assert float(share) == pytest.approx(0.5, abs=0.08)


def test_cdn_gates_by_frequency_and_shifts_to_the_balanced_reading(clicks) -> None:
    strategy, targets = Cdn(gamma=2.0), clicks[2]
    net = strategy.build(network(), targets)
    head = net.head
    gate = torch.sigmoid(head.gate(head.frequency[:, None]))[:, 0]
    assert gate.argmax() == targets.seen.argmax()
    torch.testing.assert_close(
        head.weight,
        gate[:, None] * head.head.weight + (1 - gate[:, None]) * head.project(head.text),
    )
    batch = batch_of(clicks, net)
    batch.progress = 0.8
    torch.nn.init.normal_(head.balanced.weight)
    got = strategy.step(net, batch, Criterion(Strategy(), targets))
    alpha = 1 - 0.16
    e = net.embed(batch.x)
    z = (alpha * e + (1 - alpha) * head.balanced(e)) @ head.weight.T + head.bias
    each = torch.nn.functional.cross_entropy(z, batch.y, reduction="none")
    rare = batch.weight / torch.from_numpy(np.maximum(targets.seen, 1))[batch.y]
    even = rare / rare.mean()
    wanted = alpha * (each * batch.weight).mean() + (1 - alpha) * (each * even).mean()
    assert float(got.detach()) == pytest.approx(float(wanted.detach()), rel=1e-5)
    net.eval()
    torch.testing.assert_close(net(batch.x), z)


def test_what_is_missing_is_said(clicks) -> None:
    X, rows, targets = clicks
    bare = replace(targets, text=None)
    for strategy in (DropoutNet(), Cdn()):
        with pytest.raises(NotApplicable, match="text"):
            strategy.build(network(), bare)
    for strategy in (Macr(), DiceCausal(), DropoutNet(), Cdn()):
        cosine = Net(Body(), Body(), CosineHead(6, C, 1.0))
        with pytest.raises(NotApplicable, match="linear head"):
            strategy.build(cosine, targets)
        with pytest.raises(NotApplicable, match="one target per row"):
            strategy.build(network(), replace(targets, kind="value"))
    nobody = replace(rows, source=None)
    for strategy in (BcLoss(), PopGo()):
        with pytest.raises(NotApplicable, match="no source"):
            strategy.fit(None, X, nobody, None, targets, strategy, None)
    with pytest.raises(NotApplicable, match="one target per row"):
        Pda().popularity(rows, replace(targets, kind="multilabel"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Macr(alpha=-1),
        lambda: DiceCausal(decay=0),
        lambda: Pda(times=0),
        lambda: BcLoss(share=1),
        lambda: PopGo(temperature=0),
        lambda: DropoutNet(rate=1),
        lambda: Cdn(gamma=1),
    ],
)
def test_arguments_out_of_range_are_refused(make) -> None:
    with pytest.raises(InputError, match="got"):
        make()
