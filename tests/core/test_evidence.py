"""Prior correction: what a weighted, drawn, resampled or adjusted fit says of the natural classes.

Held against plain training: with the model right, both must give the same probabilities.
"""

import warnings

import numpy as np
import polars as pl
import pytest
import torch
from scipy.special import softmax

import longshelf as ls
from longshelf.cache import Cache
from longshelf.components import build
from longshelf.errors import LongShelfWarning
from longshelf.evidence import meet, prior_offset
from longshelf.strategies import Strategy
from longshelf.tables import Rows, Targets
from longshelf.training import Batch, plain_loss

COUNTS = np.array([2000, 600, 200])
CENTRES = np.array([[0.0, 0.0], [1.5, 0.0], [0.0, 1.5]])


def rows_of(code):
    n = len(code)
    empty = pl.DataFrame({"x": np.zeros(n)})
    return Rows(id=np.arange(n), inputs=empty, y=code, code=code, groups=empty.select())


@pytest.fixture(scope="module")
def drawn():
    """Gaussian classes of equal spread: a linear model is exactly right."""
    rng = np.random.default_rng(0)
    code = np.repeat(np.arange(3), COUNTS)
    X = CENTRES[code] + rng.normal(size=(len(code), 2))
    rows = rows_of(code)
    return X, rows, Targets(names=np.array(list("abc"))).observed(rows)


def converged(X, rows, targets, strategy):
    """Scores of a linear softmax fitted to the minimum of the strategy's own loss."""
    met = meet(strategy, rows, targets)
    law = np.full(len(rows), 1 / len(rows)) if met.law is None else met.law
    x = torch.tensor(np.c_[X, np.ones(len(X))])
    weight = torch.tensor(law * met.weights)
    code = torch.tensor(rows.code)
    W = torch.zeros(3, len(targets), dtype=torch.float64, requires_grad=True)
    batch = Batch(x=x, y=code, code=code, weight=weight, index=np.arange(len(rows)))
    solver = torch.optim.LBFGS(
        [W], max_iter=200, line_search_fn="strong_wolfe", tolerance_grad=1e-9
    )

    def closure():
        solver.zero_grad()
        z = strategy.logits(x @ W, batch, met.targets)
        lost = (plain_loss(z, batch) * weight).sum() / weight.sum()
        lost.backward()
        return lost

    solver.step(closure)
    return (x @ W).detach().numpy()


@pytest.mark.parametrize(
    "name",
    ["InverseFrequency", "InverseFrequency(gamma=0.5)", "EffectiveNumber(beta=0.999)",
     "ClassBalancedSampling", "SqrtSampling", "LogitAdjusted", "LogitAdjusted(tau=0.5)",
     "BalancedSoftmax"],
)  # fmt: skip
def test_corrected_probabilities_are_those_of_plain_training(drawn, name):
    X, rows, targets = drawn
    strategy = build("strategy", name)
    plain = softmax(converged(X, rows, targets, Strategy()), axis=1)
    scores = converged(X, rows, targets, strategy)
    offset = prior_offset(strategy, rows, targets, synthetic=False)
    raw, corrected = softmax(scores, axis=1), softmax(scores + offset, axis=1)
    assert np.abs(raw - plain).mean() > 0.05
    assert np.abs(corrected - plain).mean() < 0.01
    truth = np.bincount(rows.code) / len(rows)
    np.testing.assert_allclose(corrected.mean(axis=0), truth, atol=0.015)


def test_resampled_rows_are_corrected_by_their_counts(drawn):
    X, rows, targets = drawn
    kept = np.r_[
        np.arange(2000), np.tile(np.arange(2000, 2600), 3), np.tile(np.arange(2600, 2800), 10)
    ]
    met = rows.take(kept)
    seen = targets.seeing(targets.count(met.code))
    plain = softmax(converged(X, rows, targets, Strategy()), axis=1)
    x = np.c_[X, np.ones(len(X))]
    scores = converged(X[kept], met, seen, Strategy())
    own = np.linalg.lstsq(x[kept], scores, rcond=None)[0]
    offset = prior_offset(Strategy(), met, seen, synthetic=False)
    np.testing.assert_allclose(
        offset, np.log([20 / 28, 6 / 28, 2 / 28]) - np.log([20 / 58, 18 / 58, 20 / 58])
    )
    assert np.abs(softmax(x @ own + offset, axis=1) - plain).mean() < 0.01


def test_plain_training_needs_no_correction_and_open_remedies_have_none(drawn):
    _, rows, targets = drawn
    np.testing.assert_allclose(
        prior_offset(Strategy(), rows, targets, synthetic=False), 0, atol=1e-12
    )
    assert prior_offset(Strategy(), rows, targets, synthetic=True) is None
    for name in ("Focal", "Mixup", "DeferredReweighting", "EasyEnsemble", "Ldam"):
        assert prior_offset(build("strategy", name), rows, targets, synthetic=False) is None, name


def shop(n=160):
    rng = np.random.default_rng(0)
    code = np.repeat(np.arange(3), (n - 30, 20, 10))
    frame = pl.DataFrame({"label": [f"c{c}" for c in code], "x": code + rng.normal(size=n)})
    return ls.load(frame, label="label", numeric=("x",))


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("RandomOver(to='balance') + InverseFrequency", "InverseFrequency does nothing after RandomOver"),
        ("RandomOver(to='balance') + BalancedSoftmax", "BalancedSoftmax does nothing after RandomOver"),
        ("ClassBalancedSampling + InverseFrequency", "InverseFrequency does nothing"),
        ("RandomOver(to='balance') + LogitAdjusted", "LogitAdjusted"),
        ("InverseFrequency + LogitAdjusted", "corrected twice"),
        ("RandomOver(to=3)", "RandomOver(to=3) repeats, drops and makes up no row of"),
        ("Smote(to=3) + LogitAdjusted", "its resampling does nothing here"),
        ("RandomOver(to=40)", None),
        ("RandomUnder", None),
        ("none", None),
        ("RandomOver(to=40) + LogitAdjusted", None),
        ("InverseFrequency", None),
        ("LogitAdjusted", None),
    ],
)  # fmt: skip
def test_chains_that_correct_twice_or_do_nothing_say_so(tmp_path, strategy, said):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LongShelfWarning)
        arm = ls.fit(
            shop(),
            features="tabular",
            model="linear(epochs=1)",
            strategy=strategy,
            cache=Cache(tmp_path),
        )
    heard = arm.about["warnings"]
    if said is None:
        assert heard == []
    else:
        assert any(said in text for text in heard), heard
