"""Ranking losses and propensity weights against a plain loop over rows."""

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
from longshelf.strategies import (
    BinaryCrossEntropy,
    Bpr,
    Ccl,
    Ips,
    NonNegativePu,
    PositionBias,
    RelMf,
    Snips,
    Strategy,
    WeightedBpr,
)
from longshelf.strategies.negatives.drawn import ABSENT
from longshelf.tables import Targets
from longshelf.training import Batch, Criterion

COUNTS = np.array([80.0, 15, 5, 0])
TARGETS = Targets(names=np.array(list("abcd")), kind="item", natural=COUNTS * 3, seen=COUNTS)
FLOORED = [80, 15, 5, 1]
Z = torch.tensor(np.random.default_rng(0).normal(size=(7, 4)))
Y = torch.tensor([0, 1, 2, 0, 1, 2, 3])
CUT = Z.clone()
CUT[torch.arange(7), (Y + 1) % 4] = ABSENT
"""The same scores, each row without one of its negatives."""
DRAWN = Z.clone()
DRAWN[:, [0, 3]] = DRAWN[:, [0, 3]].where(Y[:, None] == torch.tensor([0, 3]), ABSENT)
"""The same scores where no law drew the first and the last: they are but the own of their rows."""


def batch(y: torch.Tensor = Y, weight: torch.Tensor | None = None) -> Batch:
    n = len(y)
    weight = torch.ones(n) if weight is None else weight
    return Batch(x=None, y=y, code=torch.zeros(n).long(), weight=weight, index=np.arange(n))


def soft(v: float) -> float:
    return math.log1p(math.exp(v))


def sigmoid(v: float) -> float:
    return 1 / (1 + math.exp(-v))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def theta(y: int, eta: float = 0.5, clip: float = 0.3) -> float:
    return max((FLOORED[y] / 80) ** eta, clip)


FORMULAS = {
    "Bpr": (Bpr(), lambda own, others, y: mean(soft(v - own) for v in others.values())),
    "WeightedBpr": (
        WeightedBpr(alpha=0.7),
        lambda own, others, y: (
            sum(FLOORED[j] ** 0.7 * soft(v - own) for j, v in others.items())
            / sum(FLOORED[j] ** 0.7 for j in others)
        ),
    ),
    "BinaryCrossEntropy": (
        BinaryCrossEntropy(ratio=3.0),
        lambda own, others, y: soft(-own) + 3 * mean(soft(v) for v in others.values()),
    ),
    "Ccl": (
        Ccl(margin=0.2, weight=5.0),
        lambda own, others, y: 1 - own + 5 * mean(max(0, v - 0.2) for v in others.values()),
    ),
    "RelMf": (
        RelMf(clip=0.3, ratio=2.0),
        lambda own, others, y: (
            soft(-own) / theta(y)
            + (1 - 1 / theta(y)) * soft(own)
            + 2 * mean(soft(v) for v in others.values())
        ),
    ),
    "RelMf, squared": (
        RelMf(clip=0.3, ratio=2.0, form="square"),
        lambda own, others, y: (
            (1 - sigmoid(own)) ** 2 / theta(y)
            + (1 - 1 / theta(y)) * sigmoid(own) ** 2
            + 2 * mean(sigmoid(v) ** 2 for v in others.values())
        ),
    ),
    "NonNegativePu": (
        NonNegativePu(prior=0.2),
        lambda own, others, y: (
            0.2 * soft(-own) + mean(soft(v) for v in others.values()) - 0.2 * soft(own)
        ),
    ),
}


@pytest.mark.parametrize("z", [Z, CUT, DRAWN], ids=["all", "some", "drawn"])
@pytest.mark.parametrize("name", FORMULAS)
def test_a_loss_is_its_formula_row_by_row(name, z) -> None:
    strategy, formula = FORMULAS[name]
    got = strategy.loss(z, batch(), TARGETS)
    wanted = []
    for scores, y in zip(z.tolist(), Y.tolist(), strict=True):
        others = {j: v for j, v in enumerate(scores) if j != y and v > ABSENT}
        wanted.append(formula(scores[y], others, y))
    np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-12)


def test_losses_at_the_edges_are_one_another() -> None:
    torch.testing.assert_close(
        WeightedBpr(alpha=0).loss(Z, batch(), TARGETS), Bpr().loss(Z, batch(), TARGETS)
    )
    torch.testing.assert_close(
        RelMf(eta=0, ratio=3).loss(Z, batch(), TARGETS),
        BinaryCrossEntropy(ratio=3).loss(Z, batch(), TARGETS),
    )


def test_a_row_without_negatives_has_none_to_pay_for() -> None:
    alone = Z.masked_fill(torch.nn.functional.one_hot(Y, 4) == 0, ABSENT)
    assert Bpr().loss(alone, batch(), TARGETS).abs().max() == 0
    assert WeightedBpr().loss(alone, batch(), TARGETS).abs().max() == 0


def test_pu_steps_back_where_the_unlabelled_risk_turns_negative() -> None:
    strategy = NonNegativePu(prior=0.9, gamma=0.5)
    z = torch.full((7, 4), -6.0, dtype=torch.double)
    z[torch.arange(7), Y] = 6.0
    z.requires_grad_()
    loss = strategy.loss(z, batch(), TARGETS)
    wanted = 0.9 * soft(-6.0)
    np.testing.assert_allclose(loss.detach().numpy(), wanted)
    (got,) = torch.autograd.grad(loss.sum(), z)
    # minus half the gradient of softplus(z_j)/3 - 0.9 softplus(z_i)
    one = torch.full((7, 4), -0.5 * sigmoid(-6.0) / 3, dtype=torch.double)
    one[torch.arange(7), Y] = 0.5 * 0.9 * sigmoid(6.0)
    torch.testing.assert_close(got, one)


@pytest.mark.parametrize("name", FORMULAS)
def test_losses_need_one_target_per_row(name) -> None:
    strategy, _ = FORMULAS[name]
    for y in (torch.ones(7), torch.ones(7, 4)):
        with pytest.raises(NotApplicable, match="one target"):
            strategy.loss(Z, batch(y), TARGETS)


def test_ccl_scores_by_cosine() -> None:
    net = Ccl().build(Net(Body(), Body(), LinearHead(3, 4)), TARGETS)
    assert isinstance(net.head, CosineHead)
    assert net.head(torch.randn(5, 3)).abs().max() <= 1
    with pytest.raises(NotApplicable, match="linear head"):
        Ccl().build(net, TARGETS)


CODE = np.repeat([0, 1, 2], [80, 15, 5])


def test_propensities_by_popularity_and_as_logged() -> None:
    rows = rows_of(CODE, CODE)
    got = Ips(eta=0.5, clip=0.3).weigh(rows, TARGETS)
    raw = np.array([1 / theta(c) for c in CODE])
    np.testing.assert_allclose(got, raw / raw.mean())
    assert got[-1] > got[80] > got[0]
    rho = np.linspace(0.001, 0.9, 100)
    rho[3] = np.nan
    logged = Ips(by="logged", clip=0.05).weigh(replace(rows, propensity=rho), TARGETS)
    raw = 1 / np.maximum(np.nan_to_num(rho, nan=1.0), 0.05)
    np.testing.assert_allclose(logged, raw / raw.mean())
    with pytest.raises(NotApplicable, match="by='popularity'"):
        Ips(by="logged").weigh(rows, TARGETS)
    with pytest.raises(NotApplicable, match="Snips"):
        Snips(by="logged").weigh(rows, TARGETS)


def test_snips_divides_by_the_weights_of_the_batch() -> None:
    torch.manual_seed(0)
    net = Net(Body(), Body(), LinearHead(3, 4))
    torch.nn.init.normal_(net.head.weight)
    x, weight = torch.randn(7, 3), torch.linspace(0.1, 4, 7)
    each = torch.nn.functional.cross_entropy(net(x), Y, reduction="none")

    def loss(strategy):
        one = batch(weight=weight.clone())
        one.x = x
        return float(strategy.step(net, one, Criterion(Strategy(), TARGETS)).detach())

    assert loss(Ips()) == pytest.approx(float((each * weight).detach().mean()))
    assert loss(Snips()) == pytest.approx(float((each * weight).detach().sum() / weight.sum()))


def test_clicks_weigh_by_their_place() -> None:
    place = np.resize(["1", "2", "4", "10"], 100)
    inputs = pl.DataFrame({"user": np.arange(100), "position": place})
    rows = replace(rows_of(CODE, CODE), inputs=inputs)
    raw = np.minimum(place.astype(float) ** 0.7, 1 / 0.25)
    strategy = PositionBias(eta=0.7, clip=0.25)
    np.testing.assert_allclose(strategy.weigh(rows, TARGETS), raw / raw.mean())
    by_group = replace(rows, inputs=pl.DataFrame({"user": np.arange(100)}), groups=inputs)
    np.testing.assert_allclose(strategy.weigh(by_group, TARGETS), raw / raw.mean())
    two = Targets(names=np.array(["no", "yes"]), natural=np.array([80.0, 20]))
    clicked = np.repeat([0, 1], [80, 20])
    only = np.where(clicked == 1, raw, 1.0)
    shown = replace(rows, y=clicked, code=clicked)
    np.testing.assert_allclose(strategy.weigh(shown, two), only / only.mean())
    with pytest.raises(NotApplicable, match="no such column"):
        strategy.weigh(rows_of(CODE, CODE), TARGETS)
    with pytest.raises(NotApplicable, match="two classes"):
        strategy.weigh(rows, replace(TARGETS, kind="class"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: BinaryCrossEntropy(ratio=0),
        lambda: Ccl(margin=2),
        lambda: RelMf(clip=0),
        lambda: RelMf(form="huber"),
        lambda: NonNegativePu(prior=1),
        lambda: Ips(clip=0),
        lambda: Ips(by="guess"),
        lambda: Snips(eta=-1),
        lambda: PositionBias(eta=-1),
    ],
)
def test_arguments_out_of_range_are_refused(make) -> None:
    with pytest.raises(InputError, match=r"got|unknown"):
        make()
