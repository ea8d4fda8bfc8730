"""Contrastive terms against loops over the papers' sums, and what they do to an encoder."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log

import numpy as np
import pytest
import torch

from longshelf.errors import InputError, NotApplicable
from longshelf.models.network import Body, LinearHead, Net, to_batch
from longshelf.strategies import (
    BalancedContrastive,
    InBatch,
    SetFit,
    Strategy,
    SupervisedContrastive,
)
from longshelf.strategies.step.contrast import balanced, pairs, supervised
from longshelf.tables import Targets
from longshelf.training import Batch, Criterion

Y = [0, 1, 0, 2, 0, 1, 3]


@pytest.fixture
def points():
    rng = np.random.default_rng(0)
    return rng.normal(size=(7, 4)), rng.normal(size=(5, 4))


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_supervised_contrast_against_a_loop(points):
    z, _ = points
    wanted = []
    for i in range(7):
        below = sum(exp(cosine(z[i], z[a]) / 0.3) for a in range(7) if a != i)
        alike = [p for p in range(7) if p != i and Y[p] == Y[i]]
        logs = [log(exp(cosine(z[i], z[p]) / 0.3) / below) for p in alike]
        wanted.append(-sum(logs) / len(logs) if logs else 0.0)
    got = supervised(torch.from_numpy(z), torch.tensor(Y), 0.3)
    np.testing.assert_allclose(got, wanted, rtol=1e-9)
    assert sum(value == 0 for value in wanted) == 2


def test_balanced_contrast_against_a_loop(points):
    z, centres = points
    wanted = []
    for i in range(7):
        members = {c: [z[k] for k in range(7) if Y[k] == c and k != i] for c in range(5)}
        for c in range(5):
            members[c].append(centres[c])
        below = sum(
            sum(exp(cosine(z[i], k) / 0.1) for k in own) / len(own) for own in members.values()
        )
        logs = [log(exp(cosine(z[i], p) / 0.1) / below) for p in members[Y[i]]]
        wanted.append(-sum(logs) / len(logs))
    got = balanced(torch.from_numpy(z), torch.tensor(Y), torch.from_numpy(centres), 0.1)
    np.testing.assert_allclose(got, wanted, rtol=1e-9)


def test_pairs_against_a_loop(points):
    z, _ = points
    alike, unlike = [], []
    for i in range(7):
        for j in range(i):
            far = cosine(z[i], z[j]) - (Y[i] == Y[j])
            (alike if Y[i] == Y[j] else unlike).append(far**2)
    got = float(pairs(torch.from_numpy(z), torch.tensor(Y)))
    assert got == pytest.approx((np.mean(alike) + np.mean(unlike)) / 2, rel=1e-9)
    assert len(alike) == 4


@pytest.mark.parametrize("y", [[1], [1, 0], [2, 2]])
def test_batches_with_nothing_to_compare_leave_finite_slopes(y):
    z = torch.randn(len(y), 3, requires_grad=True)
    centres = torch.zeros(3, 3, requires_grad=True)
    labels = torch.tensor(y)
    total = supervised(z, labels, 0.1).sum() + balanced(z, labels, centres, 0.1).sum()
    torch.autograd.backward(total + pairs(z, labels))
    assert torch.isfinite(z.grad).all()


def test_the_term_joins_the_loss_by_its_weight(problem):
    X, y = problem.X[:30], problem.rows.y[:30]
    weight = torch.linspace(0.2, 1.8, 30)
    for cls in (SupervisedContrastive, BalancedContrastive):
        values = []
        for share in (0.5, 2.0):
            torch.manual_seed(0)
            net = Net(Body(), Body(torch.nn.Linear(5, 4)), LinearHead(4, 6))
            torch.nn.init.normal_(net.head.table)
            strategy = cls(weight=share, width=3)
            net = strategy.build(net, problem.targets)
            labels = torch.from_numpy(y).long()
            batch = Batch(
                x=to_batch(X, np.arange(30)), y=labels, code=labels, weight=weight,
                index=np.arange(30),
            )  # fmt: skip
            criterion = Criterion(Strategy(), problem.targets)
            plain = float(Strategy().step(net, batch, criterion).detach())
            with torch.no_grad():
                z = net.get_submodule("projection")(net.embed(batch.x))
                if cls is SupervisedContrastive:
                    term = supervised(z, labels, 0.1)
                else:
                    centres = net.get_submodule("centres")(net.head.weight)
                    term = balanced(z, labels, centres, 0.1)
            term = float((term * weight).mean())
            got = float(strategy.step(net, batch, criterion).detach())
            assert got == pytest.approx(plain + share * term, rel=1e-5)
            assert term > 0.1
            values.append(got)
        assert values[0] != values[1]


def embedded(problem, strategy, epochs):
    fitted = problem.fitted(strategy, epochs=epochs, patience=0)
    return fitted.net, torch.from_numpy(fitted.embeddings(problem.X))


def test_pairs_draw_classes_apart_more_than_the_plain_loss_does(problem):
    y = torch.from_numpy(problem.rows.y)
    _, plain = embedded(problem, Strategy(), 12)
    _, paired = embedded(problem, SetFit(share=0.9), 12)
    assert pairs(paired, y) < 0.5 * pairs(plain, y)


@pytest.mark.parametrize("cls", [SupervisedContrastive, BalancedContrastive])
def test_the_term_falls_while_it_is_learned(cls, problem):
    y = torch.from_numpy(problem.rows.y)
    terms = []
    for epochs in (1, 12):
        net, e = embedded(problem, cls(weight=2.0), epochs)
        batch = Batch(x=None, y=y, code=y, weight=torch.ones(len(y)), index=np.arange(len(y)))
        with torch.no_grad():
            z = net.get_submodule("projection").cpu()(e)
            terms.append(float(cls().term(net, z, batch).mean()))
    assert terms[1] < terms[0] - 0.1


def test_the_head_beside_pairs_does_not_move_the_encoder(problem):
    pairing = SetFit().stages()[0].strategy
    torch.manual_seed(0)
    net = Net(Body(), Body(torch.nn.Linear(5, 4)), LinearHead(4, 6))
    torch.nn.init.normal_(net.head.table)
    labels = torch.tensor([0, 0, 0])
    batch = Batch(
        x=to_batch(problem.X, np.array([5, 5, 5])), y=labels, code=labels,
        weight=torch.ones(3), index=np.arange(3),
    )  # fmt: skip
    loss = pairing.step(net, batch, Criterion(Strategy(), problem.targets))
    torch.autograd.backward(loss)
    # equal rows of one class are as near as can be, so only the head has something to learn
    assert max(float(p.grad.abs().max()) for p in net.body.parameters()) < 1e-6
    assert float(net.head.table.grad.abs().max()) > 0.01


def test_contrast_acts_on_targets_that_were_drawn(problem):
    for strategy in (BalancedContrastive(), SupervisedContrastive(), SetFit()):
        scores = problem.fitted(InBatch() + strategy).scores(problem.X)
        assert np.isfinite(scores).all()
        assert np.abs(scores - problem.fitted(InBatch()).scores(problem.X)).max() > 1e-3


@pytest.mark.parametrize("cls", [SupervisedContrastive, BalancedContrastive, SetFit])
def test_what_cannot_be_contrasted_is_told(cls, problem):
    net = Net(Body(), Body(torch.nn.Linear(5, 4)), LinearHead(4, 6))
    for kind in ("multilabel", "value"):
        with pytest.raises(NotApplicable, match=f"these have {kind}"):
            cls().build(net, replace(problem.targets, kind=kind))
    with pytest.raises(NotApplicable, match="none below its head"):
        problem.fitted(cls(), width=0)
    with pytest.raises(InputError, match="got"):
        cls(share=1.0) if cls is SetFit else cls(temperature=0.0)


def test_layers_of_a_tuned_transformer_keep_their_pace(tiny_bert_folder):
    from longshelf.features.pretrained import locate
    from longshelf.models import Transformer
    from longshelf.models.text.reading import Reading

    name = str(tiny_bert_folder)
    paces = []
    for strategy in (Strategy(), BalancedContrastive()):
        net = Reading(locate(name), Transformer(name=name, fall=0.5)).network(6)
        targets = Targets(names=np.array(list("abcdef")))
        net = strategy.build(net, targets)
        share = {id(p): pace for pace, moving in net.paces() for p in moving}
        own = {key: share[id(p)] for key, p in net.named_parameters()}
        parts = ("stem", "body", "head")
        paces.append({key: pace for key, pace in own.items() if key.split(".")[0] in parts})
    assert paces[0] == paces[1]
