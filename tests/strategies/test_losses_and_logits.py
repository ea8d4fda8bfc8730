"""Losses and logit transforms against a plain loop over rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from longshelf.errors import InputError, NotApplicable
from longshelf.strategies import (
    BalancedSoftmax,
    Focal,
    Ghm,
    LabelSmoothing,
    Ldam,
    LogitAdjusted,
    LogQ,
    Poly1,
    VectorScaling,
)
from longshelf.tables import Targets
from longshelf.training import Batch, plain_loss

COUNTS = np.array([80.0, 15, 5, 0])
TARGETS = Targets(names=np.array(list("abcd")), natural=COUNTS * 3, seen=COUNTS)
Z = torch.tensor(np.random.default_rng(0).normal(size=(7, 4)) * 2)
Y = torch.tensor([0, 1, 2, 0, 1, 2, 0])
MANY = torch.tensor(np.random.default_rng(1).random((7, 4)) < 0.4).double()


def batch(y: torch.Tensor) -> Batch:
    n = len(y)
    return Batch(x=None, y=y, code=torch.zeros(n).long(), weight=torch.ones(n), index=np.arange(n))


def softmax(z: list[float]) -> list[float]:
    whole = sum(math.exp(v) for v in z)
    return [math.exp(v) / whole for v in z]


def sigmoid(v: float) -> float:
    return 1 / (1 + math.exp(-v))


def sure(z: float, y: float) -> float:
    return sigmoid(z) if y else 1 - sigmoid(z)


SINGLE = {
    "Focal": (Focal(gamma=1.5), lambda p, y: (1 - p[y]) ** 1.5 * -math.log(p[y])),
    "LabelSmoothing": (
        LabelSmoothing(epsilon=0.2),
        lambda p, y: (
            -sum((0.8 * (c == y) + 0.2 / 4) * math.log(share) for c, share in enumerate(p))
        ),
    ),
    "Poly1": (Poly1(epsilon=2.0), lambda p, y: -math.log(p[y]) + 2 * (1 - p[y])),
}
SEVERAL = {
    "Focal": (
        Focal(gamma=1.5),
        lambda z, y: (1 - sure(z, y)) ** 1.5 * -math.log(sure(z, y)),
    ),
    "LabelSmoothing": (
        LabelSmoothing(epsilon=0.2),
        lambda z, y: (
            -(0.8 * y + 0.1) * math.log(sigmoid(z)) - (0.9 - 0.8 * y) * math.log(1 - sigmoid(z))
        ),
    ),
    "Poly1": (
        Poly1(epsilon=2.0),
        lambda z, y: -math.log(sure(z, y)) + 2 * (1 - sure(z, y)),
    ),
}


@pytest.mark.parametrize("name", SINGLE)
def test_a_loss_over_classes_is_its_formula_row_by_row(name) -> None:
    strategy, formula = SINGLE[name]
    got = strategy.loss(Z, batch(Y), TARGETS)
    wanted = [formula(softmax(z), y) for z, y in zip(Z.tolist(), Y.tolist(), strict=True)]
    np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-12)


@pytest.mark.parametrize("name", SEVERAL)
def test_a_loss_over_labels_is_its_formula_row_by_row(name) -> None:
    strategy, formula = SEVERAL[name]
    got = strategy.loss(Z, batch(MANY), TARGETS)
    wanted = [
        sum(formula(v, label) for v, label in zip(z, y, strict=True)) / 4
        for z, y in zip(Z.tolist(), MANY.tolist(), strict=True)
    ]
    np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-12)


@pytest.mark.parametrize("strategy", [LabelSmoothing(), Poly1(), Ghm()])
def test_a_value_has_no_probability(strategy) -> None:
    with pytest.raises(NotApplicable, match="a value has none"):
        strategy.loss(Z, batch(torch.ones(7)), TARGETS)


@pytest.mark.parametrize(
    "strategy", [Focal(gamma=0), LabelSmoothing(epsilon=0), Poly1(epsilon=0), Ghm(bins=1)]
)
@pytest.mark.parametrize("y", [Y, MANY])
def test_at_zero_a_loss_is_the_plain_one(strategy, y) -> None:
    got = strategy.loss(Z, batch(y), TARGETS)
    torch.testing.assert_close(got, plain_loss(Z, batch(y)))


@pytest.mark.parametrize("y", [Y, MANY])
def test_ghm_divides_by_the_rows_of_the_bin(y) -> None:
    if y.ndim == 1:
        sure_of = [[softmax(z)[c]] for z, c in zip(Z.tolist(), y.tolist(), strict=True)]
    else:
        sure_of = [
            [sure(v, label) for v, label in zip(z, labels, strict=True)]
            for z, labels in zip(Z.tolist(), y.tolist(), strict=True)
        ]
    places = [[int((1 - p) * 5) for p in row] for row in sure_of]
    every = [place for row in places for place in row]
    bins = len(set(every))
    wanted = [
        sum(
            -math.log(p) * len(every) / (every.count(place) * bins)
            for p, place in zip(row, at, strict=True)
        )
        / len(row)
        for row, at in zip(sure_of, places, strict=True)
    ]
    assert bins > 1
    np.testing.assert_allclose(Ghm(bins=5).loss(Z, batch(y), TARGETS).numpy(), wanted, rtol=1e-12)


FLOORED = [80, 15, 5, 1]
PRIOR = [n / 101 for n in FLOORED]
TRANSFORMS = {
    "LogitAdjusted": (LogitAdjusted(tau=1.3), lambda v, c, y: v + 1.3 * math.log(PRIOR[c])),
    "BalancedSoftmax": (BalancedSoftmax(), lambda v, c, y: v + math.log(FLOORED[c])),
    "VectorScaling": (
        VectorScaling(gamma=0.4, tau=0.7),
        lambda v, c, y: v * (FLOORED[c] / 80) ** 0.4 + 0.7 * math.log(PRIOR[c]),
    ),
    "Ldam": (
        Ldam(max_margin=0.4, scale=10),
        lambda v, c, y: v - (10 * 0.4 * (5 / FLOORED[c]) ** 0.25 if c == y else 0),
    ),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_logits_are_the_formula_entry_by_entry(name) -> None:
    strategy, formula = TRANSFORMS[name]
    got = strategy.logits(Z, batch(Y), TARGETS)
    wanted = [
        [formula(v, c, y) for c, v in enumerate(z)]
        for z, y in zip(Z.tolist(), Y.tolist(), strict=True)
    ]
    np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-12)


def test_ldam_sets_a_margin_at_every_given_label() -> None:
    strategy = Ldam(max_margin=0.4, scale=10)
    got = strategy.logits(Z, batch(MANY), TARGETS)
    margins = strategy.margins(TARGETS) * 10
    np.testing.assert_allclose(got.numpy(), Z.numpy() - MANY.numpy() * margins, rtol=1e-12)
    assert strategy.margins(TARGETS)[2] == 0.4


def test_balanced_softmax_is_logit_adjustment_at_one() -> None:
    balanced = BalancedSoftmax().logits(Z, batch(Y), TARGETS)
    adjusted = LogitAdjusted().logits(Z, batch(Y), TARGETS)
    torch.testing.assert_close(
        plain_loss(balanced, batch(Y)), plain_loss(adjusted, batch(Y)), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("strategy", [BalancedSoftmax(), VectorScaling()])
def test_softmax_terms_refuse_several_labels(strategy) -> None:
    with pytest.raises(NotApplicable, match="LogitAdjusted"):
        strategy.logits(Z, batch(MANY), TARGETS)


def test_log_q_takes_the_sampling_law_off() -> None:
    law = np.log([0.5, 0.3, 0.15, 0.05])
    drawn = Targets(names=TARGETS.names, natural=COUNTS, seen=COUNTS, log_q=law)
    got = LogQ().logits(Z, batch(Y), drawn)
    np.testing.assert_allclose(got.numpy(), Z.numpy() - law, rtol=1e-12)
    with pytest.raises(NotApplicable, match=r"InBatch \+ LogQ"):
        LogQ().logits(Z, batch(Y), TARGETS)


@pytest.mark.parametrize(
    "make",
    [
        lambda: LabelSmoothing(epsilon=1.0),
        lambda: Ldam(max_margin=0),
        lambda: Ldam(scale=-1),
        lambda: Focal(gamma=-1),
    ],
)
def test_arguments_out_of_range_are_refused(make) -> None:
    with pytest.raises(InputError, match=r"got"):
        make()
